package bench

import "time"

// Scenarios returns the scenarios that have a name, in the order of the report.
// For and Around are of a machine of two cores.
func Scenarios() []Scenario {
	const s = time.Second
	return []Scenario{
		{
			Name: "one-room", About: "one conference of 1,000, three talk", Load: Load{1, 1000, 3},
			For: 20 * s, Around: 45 * s, Figures: roomFigures(1.2), Run: runRooms,
		},
		{
			Name: "one-room-all-talk", About: "one conference of 1,000, all talk", Load: Load{1, 1000, 1000},
			For: 20 * s, Around: 45 * s, Figures: roomFigures(1.4), Run: runRooms,
		},
		{
			Name: "rooms-of-four", About: "250 conferences of four, all talk", Load: Load{250, 4, 4},
			For: 20 * s, Around: 45 * s, Figures: roomFigures(1.4), Run: runRooms,
		},
		{
			Name: "rooms-silent", About: "200 conferences of four, nobody talks, silence is sent", Load: Load{200, 4, 0},
			For: 20 * s, Around: 45 * s, Figures: roomFigures(1.3), Run: runRooms,
		},
		{
			Name: "opus", About: "one conference in Opus: 500 listen, three talk", Load: Load{1, 503, 3}, Codec: "opus",
			For: 20 * s, Around: 40 * s, Figures: codedFigures(4), Run: runCoded, // one frame for all who listen, and one for each who talks
		},
		{
			Name: "per-core", About: "one conference that grows, the switch on one core", Load: Load{1, 8000, 3},
			For: 6 * s, Around: 340 * s, Figures: rampFigures(4500), Run: runRamp,
		},
		{
			Name: "ten-thousand", About: "one conference that grows to 10,000, as far as the machine goes, the switch on all cores", Load: Load{1, 10000, 3},
			For: 6 * s, Around: 340 * s, AllCores: true, Figures: wholeFigures(), Run: runRamp,
		},
		{
			Name: "delay-10", About: "how long a voice takes through a conference of 10, of which there are 30", Load: Load{30, 10, 0},
			For: 30 * s, Around: 40 * s, Figures: delayFigures(12, 21), Run: runDelay,
		},
		{
			Name: "delay-1000", About: "how long a voice takes through a conference of 1,000", Load: Load{1, 1000, 0},
			For: 30 * s, Around: 45 * s, Figures: delayFigures(13, 24), Run: runDelay,
		},
		{
			Name: "signalling", About: "one conference of 1,000, three talk; then with calls that come and go", Load: Load{1, 1000, 3},
			For: 20 * s, Around: 55 * s, Figures: signallingFigures(), Run: runSignalling,
		},
		{
			Name: "calls", About: "calls of half a second, more and more a second", Load: Load{50, 2000, 1},
			For: 8 * s, Around: 130 * s, Figures: callsFigures(), Run: runCalls,
		},
		{
			Name: "soak", About: "70 % of what a core carries, for half an hour", Load: Load{1, 3150, 3},
			For: 30 * time.Minute, Around: 60 * s, Apart: true, Figures: soakFigures(), Run: runSoak,
		},
	}
}
