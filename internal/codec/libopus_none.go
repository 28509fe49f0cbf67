//go:build !linux || !(amd64 || arm64) || noopus

package codec

import "errors"

// libopus is not there in this build.
type libopus struct{}

func loadLibopus() (*libopus, error) {
	return nil, errors.New("load libopus: this program was built without it")
}

func (*libopus) newEncoder(int) Encoder { return nil }
func (*libopus) newDecoder(int) Decoder { return nil }
