package audio

import (
	"strings"
	"time"
)

// ITU-T Q.23: a key is one tone of each group, by its row and its column.
var (
	rows    = [4]float64{697, 770, 852, 941}
	columns = [4]float64{1209, 1336, 1477, 1633}
)

// keypad holds the keys row by row.
const keypad = "123A456B789C*0#D"

// digitLevel is how loud each of the two tones is, in dBov: about −8 dBm0.
const digitLevel = -14

// Digit returns the dual tone of key ('0' to '9', '*', '#', 'A' to 'D') for d,
// each of its tones at −14 dBov. Another key is silence.
func Digit(rate int, key byte, d time.Duration) Source {
	row, column := rowAndColumn(key)
	if row < 0 {
		return Silence(rate, d)
	}
	return newTone(rate, digitLevel, d, rows[row], columns[column])
}

// rowAndColumn returns where key stands; a row of −1 if nowhere.
func rowAndColumn(key byte) (row, column int) {
	i := strings.IndexByte(keypad, key)
	if i < 0 {
		return -1, 0
	}
	return i / 4, i % 4
}
