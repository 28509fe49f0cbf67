//go:build !linux || !(amd64 || arm64) || noopus

package codec

import "errors"

// libamrwb is not there in this build.
type libamrwb struct{ codings amrwbCodings }

func loadLibamrwb() (*libamrwb, error) {
	return nil, errors.New("load libopencore-amrwb and libvo-amrwbenc: this program was built without them")
}

func (*libamrwb) newEncoder(amrwb) Encoder { return nil }
func (*libamrwb) newDecoder(bool) Decoder  { return nil }
