package demo

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// The measures of the picture, in its own units.
const (
	svgLeft   = 146 // of the lanes: names stand before them
	svgLanes  = 704 // how long they are
	svgTop    = 72  // of the status
	svgRow    = 46
	svgWidth  = svgLeft + svgLanes + 32
	svgHeight = svgTop + (1+len(cast))*svgRow + 84
)

const svgHead = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" role="img" aria-labelledby="title desc" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif">
  <title id="title">A team meeting</title>
  <desc id="desc">%[3]s</desc>
  <style>
    .name { font-size: 15px; font-weight: 600; fill: #1c2637; }
    .small { font-size: 12px; fill: #44506a; }
    .middle { text-anchor: middle; }
    .there { stroke: #33415c; stroke-width: 1.6; fill: none; }
    .waits { stroke: #8b97ad; stroke-width: 1.6; stroke-dasharray: 2 4; fill: none; }
    .muted { stroke: #a8632a; stroke-width: 1.6; stroke-dasharray: 6 4; fill: none; }
    .heard { fill: #2f7d5b; }
    .unheard { fill: #fbf3ec; stroke: #a8632a; stroke-width: 1.4; }
    .mark { fill: #a8632a; }
    .room { fill: #e3f1ea; stroke: #2f7d5b; stroke-width: 1.5; }
    .init { fill: #f3f6fb; stroke: #8b97ad; stroke-width: 1.2; stroke-dasharray: 2 4; }
    .grid { stroke: #e6eaf1; stroke-width: 1; }
  </style>
  <rect width="%[1]d" height="%[2]d" fill="#ffffff"/>
`

// svg is a picture being drawn.
type svg struct {
	p    *picture
	text strings.Builder
}

// writeSVG draws p as a picture of its own.
func writeSVG(w io.Writer, p *picture) error {
	d := svg{p: p}
	d.draw(svgHead, svgWidth, svgHeight, p.describe())
	d.grid()
	d.status()
	for i := range cast {
		d.lane(i)
	}
	d.legend()
	d.text.WriteString("</svg>\n")
	_, err := io.WriteString(w, d.text.String())
	return err
}

// describe says in words what the picture shows.
func (p *picture) describe() string {
	var parts []string
	for i, l := range p.lanes {
		if l.joined == never {
			continue
		}
		said := fmt.Sprintf("%s joins after %.1f s", cast[i].name, l.joined.Seconds())
		if l.muted != never {
			said += fmt.Sprintf(", is muted after %.1f s", l.muted.Seconds())
		}
		if l.left != never {
			said += fmt.Sprintf(", leaves after %.1f s", l.left.Seconds())
		}
		parts = append(parts, said+".")
	}
	return strings.Join(parts, " ")
}

func (d *svg) draw(format string, args ...any) { fmt.Fprintf(&d.text, format, args...) }

// x is where a moment is; never is now.
func (d *svg) x(m moment) float64 {
	if m == never {
		m = d.p.at
	}
	return svgLeft + svgLanes*float64(m)/float64(d.p.span())
}

// grid draws the seconds.
func (d *svg) grid() {
	bottom := svgTop + (1+len(cast))*svgRow + 4
	d.draw("  <text class=\"name\" x=\"24\" y=\"36\">A team meeting, as the application was told of it</text>\n")
	for at := time.Duration(0); at <= d.p.span(); at += axisStep(d.p.span()) {
		d.draw("  <path class=\"grid\" d=\"M%.1f %d V%d\"/><text class=\"small middle\" x=\"%.1f\" y=\"%d\">%d s</text>\n",
			d.x(at), svgTop-14, bottom, d.x(at), bottom+18, int(at.Seconds()))
	}
}

// status draws what the conference is.
func (d *svg) status() {
	p, y := d.p, svgTop+4
	d.draw("  <text class=\"name\" x=\"24\" y=\"%d\">TeamMeeting</text>\n", y+16)
	if p.opened == never {
		return
	}
	d.box("init", p.opened, p.started, y, "init")
	if p.started != never {
		d.box("room", p.started, p.ended, y, "in-progress")
	}
	if p.ended != never {
		d.draw("  <text class=\"small\" x=\"%.1f\" y=\"%d\">completed</text>\n", d.x(p.ended)+6, y+16)
	}
}

// box draws a stretch with a word in it.
func (d *svg) box(class string, from, to moment, y int, word string) {
	d.draw("  <rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"24\" rx=\"5\"/>\n", class, d.x(from), y, d.x(to)-d.x(from))
	d.draw("  <text class=\"small middle\" x=\"%.1f\" y=\"%d\">%s</text>\n", (d.x(from)+d.x(to))/2, y+16, word)
}

// lane draws one person's part.
func (d *svg) lane(i int) {
	l, y := &d.p.lanes[i], svgTop+(1+i)*svgRow+16
	d.draw("  <text class=\"name\" x=\"24\" y=\"%d\">%s</text>\n", y+5, cast[i].name)
	if l.joined == never {
		return
	}
	stretch := func(class string, from, to moment) {
		d.draw("  <path class=\"%s\" d=\"M%.1f %d H%.1f\"/>\n", class, d.x(from), y, d.x(to))
	}
	here, until := l.joined, l.left
	if waits, ends := d.p.waits(l); waits {
		stretch("waits", l.joined, ends)
		here = ends
	}
	if l.muted != never {
		stretch("muted", l.muted, l.left)
		until = l.muted
	}
	if d.p.started != never {
		stretch("there", here, until)
	}
	for _, t := range l.turns {
		if !t.decided(d.p.at) {
			continue
		}
		class := "unheard"
		if t.hearers() != nil {
			class = "heard"
		}
		d.draw("  <rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"18\" rx=\"3\"/>\n", class, d.x(t.from), y-9, d.x(t.to)-d.x(t.from))
	}
	d.draw("  <path class=\"there\" d=\"M%.1f %d v18\"/>\n", d.x(l.joined), y-9)
	if l.muted != never {
		d.diamond(d.x(l.muted), float64(y))
	}
	if l.left != never {
		d.draw("  <path class=\"there\" d=\"M%.1f %d v18\"/>\n", d.x(l.left), y-9)
	}
}

func (d *svg) diamond(x, y float64) {
	d.draw("  <path class=\"mark\" d=\"M%.1f %.1f l6 6 l-6 6 l-6 -6 z\"/>\n", x, y-6)
}

// legend says what the marks mean.
func (d *svg) legend() {
	x, y := 24.0, svgHeight-26
	word := func(text string, width float64) {
		d.draw("  <text class=\"small\" x=\"%.0f\" y=\"%d\">%s</text>\n", x+32, y+4, text)
		x += width
	}
	d.draw("  <path class=\"waits\" d=\"M%.0f %d h24\"/>\n", x, y)
	word("waits for the start", 162)
	d.draw("  <rect class=\"heard\" x=\"%.0f\" y=\"%d\" width=\"24\" height=\"14\" rx=\"3\"/>\n", x, y-7)
	word("speaks, and is heard", 176)
	d.diamond(x+12, float64(y))
	word("is muted, over REST", 176)
	d.draw("  <rect class=\"unheard\" x=\"%.0f\" y=\"%d\" width=\"24\" height=\"14\" rx=\"3\"/>\n", x, y-7)
	word("speaks, and nobody hears it", 0)
}
