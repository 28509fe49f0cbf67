package bench

import "time"

// Scenarios returns the scenarios that have a name, in the order of the report.
func Scenarios() []Scenario {
	return []Scenario{
		{
			Name: "one-room", About: "one conference of 1,000, three talk", Load: Load{1, 1000, 3},
			For: 20 * time.Second, Around: 30 * time.Second, Figures: roomFigures(1.2), Run: runRooms,
		},
		{
			Name: "one-room-all-talk", About: "one conference of 1,000, all talk", Load: Load{1, 1000, 1000},
			For: 20 * time.Second, Around: 30 * time.Second, Figures: roomFigures(1.4), Run: runRooms,
		},
		{
			Name: "rooms-of-four", About: "250 conferences of four, all talk", Load: Load{250, 4, 4},
			For: 20 * time.Second, Around: 30 * time.Second, Figures: roomFigures(1.4), Run: runRooms,
		},
		{
			Name: "rooms-silent", About: "200 conferences of four, nobody talks", Load: Load{200, 4, 0},
			For: 20 * time.Second, Around: 30 * time.Second, Figures: roomFigures(1.3), Run: runRooms,
		},
	}
}
