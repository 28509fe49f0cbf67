package bench

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// The picture's measures, in its own units.
const (
	svgWidth, svgHeight                  = 720, 420
	svgLeft, svgRight, svgTop, svgBottom = 64, 150, 48, 56
	svgInnerWidth                        = svgWidth - svgLeft - svgRight
	svgInnerHeight                       = svgHeight - svgTop - svgBottom
)

// svgStyle has the colours of a light page and of a dark one.
const svgStyle = `<style>
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 15px } .quiet { fill: #57606a }
  .grid { stroke: #d0d7de; stroke-width: 1 } .full { stroke: #57606a; stroke-dasharray: 4 4 }
  .line { fill: none; stroke-width: 2.5; stroke-linejoin: round }
  .switch { stroke: #0969da } .floor { stroke: #9a6700 } .dot.switch { fill: #0969da } .dot.floor { fill: #9a6700 }
  text.switch { fill: #0969da; stroke: none; font-weight: 600 } text.floor { fill: #9a6700; stroke: none; font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .quiet { fill: #9198a1 } .grid { stroke: #3d444d } .full { stroke: #9198a1 }
    .switch { stroke: #4493f8 } .floor { stroke: #d29922 } .dot.switch { fill: #4493f8 } .dot.floor { fill: #d29922 }
    text.switch { fill: #4493f8 } text.floor { fill: #d29922 }
  }
</style>
`

// SVG draws cost over participants: the switch, and the floor. It is an error
// when no scenario has gone through several numbers of participants.
func (r Report) SVG(out io.Writer) error {
	for _, s := range r.Results {
		if len(s.Points) > 1 {
			_, err := io.WriteString(out, drawing(s, r.Machine))
			return err
		}
	}
	return fmt.Errorf("nothing to draw: no scenario went through several numbers of participants; run per-core")
}

func drawing(s Result, m Machine) string {
	var most Point
	for _, p := range s.Points {
		most.Participants = max(most.Participants, p.Participants)
		most.Switch = max(most.Switch, p.Switch, p.Floor)
	}
	stepX, stepY := step(float64(most.Participants)), step(most.Switch/10)
	endX, endY := math.Ceil(float64(most.Participants)/stepX)*stepX, math.Ceil(most.Switch/10/stepY)*stepY
	x := func(participants float64) float64 { return svgLeft + svgInnerWidth*participants/endX }
	y := func(percent float64) float64 { return svgTop + svgInnerHeight*(1-percent/endY) }

	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-labelledby="t d">`+"\n", svgWidth, svgHeight)
	fmt.Fprintf(&b, "<title id=\"t\">CPU over participants</title>\n<desc id=\"d\">%s: percent of a core that the switch takes, and the bare echo of the same packets, for up to %d participants.</desc>\n",
		escape(s.About), most.Participants)
	b.WriteString(svgStyle)
	fmt.Fprintf(&b, "<text class=\"title\" x=\"%d\" y=\"24\">CPU over participants: %s</text>\n", svgLeft, escape(s.About))
	for v := 0.0; v <= endY+stepY/2; v += stepY {
		fmt.Fprintf(&b, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", svgLeft, svgWidth-svgRight, y(v), y(v))
		fmt.Fprintf(&b, "<text class=\"quiet\" text-anchor=\"end\" x=\"%d\" y=\"%.1f\">%g %%</text>\n", svgLeft-8, y(v)+4, v)
	}
	for v := 0.0; v <= endX+stepX/2; v += stepX {
		fmt.Fprintf(&b, "<text class=\"quiet\" text-anchor=\"middle\" x=\"%.1f\" y=\"%d\">%s</text>\n", x(v), svgHeight-svgBottom+20, grouped(fmt.Sprintf("%.0f", v)))
	}
	fmt.Fprintf(&b, "<text class=\"quiet\" text-anchor=\"middle\" x=\"%d\" y=\"%d\">participants</text>\n", svgLeft+svgInnerWidth/2, svgHeight-14)
	if endY >= 100 {
		fmt.Fprintf(&b, "<line class=\"full\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text class=\"quiet\" x=\"%d\" y=\"%.1f\">one core</text>\n",
			svgLeft, svgWidth-svgRight, y(100), y(100), svgLeft+6, y(100)-5)
	}
	last := s.Points[len(s.Points)-1]
	above := -1.0 // the labels stand apart where the lines are close
	if math.Abs(y(last.Switch/10)-y(last.Floor/10)) > 16 || last.Switch < last.Floor {
		above = 0
	}
	for _, l := range []struct {
		class, label string
		of           func(Point) float64
		shift        float64
	}{
		{"floor", "bare echo", func(p Point) float64 { return p.Floor }, -above * 9},
		{"switch", "the switch", func(p Point) float64 { return p.Switch }, above * 9},
	} {
		var points []string
		var dots strings.Builder
		for _, p := range s.Points {
			px, py := x(float64(p.Participants)), y(l.of(p)/10)
			points = append(points, fmt.Sprintf("%.1f,%.1f", px, py))
			fmt.Fprintf(&dots, "<circle class=\"dot %s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>", l.class, px, py)
		}
		fmt.Fprintf(&b, "<polyline class=\"line %s\" points=\"%s\"/>%s\n", l.class, strings.Join(points, " "), dots.String())
		fmt.Fprintf(&b, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", l.class, x(float64(last.Participants))+10, y(l.of(last)/10)+4+l.shift, l.label)
	}
	fmt.Fprintf(&b, "<text class=\"quiet\" text-anchor=\"end\" x=\"%d\" y=\"%d\" font-size=\"11\">%s, %s</text>\n</svg>\n", svgWidth-10, svgHeight-14, escape(m.CPU), m.Go)
	return b.String()
}

// step returns a round distance between marks of an axis up to most: about five.
func step(most float64) float64 {
	if most <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(most/5)))
	for _, round := range []float64{1, 2, 2.5, 5, 10} {
		if round*power >= most/5 {
			return round * power
		}
	}
	return 10 * power
}

func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(text)
}
