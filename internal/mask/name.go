package mask

// secrets are the last words of names whose values are not kept.
var secrets = map[string]bool{"digits": true, "pin": true, "passcode": true, "password": true, "passwd": true, "pwd": true, "secret": true,
	"token": true, "jwt": true, "apikey": true, "signature": true, "sig": true, "credential": true, "credentials": true, "accesscode": true,
	"dtmf": true, "reconnect": true, "authtoken": true, "accesstoken": true, "pincode": true}

// after are last words whose values are not kept behind certain other words.
var after = map[string]map[string]bool{
	"code": {"": true, "access": true, "pass": true, "pin": true, "room": true, "conference": true, "entry": true, "security": true, "auth": true, "dial": true},
	"key":  {"api": true, "secret": true, "private": true, "auth": true},
	"auth": {"": true}, "authorization": {"": true}, "token": {},
}

// Name reports whether the value of a parameter, an attribute or a header field of
// that name is not kept: by its last word, in whatever spelling (access_token,
// X-Access-Code, sendDigits). What <Gather> is to listen for is no secret.
func Name(name string) bool {
	if len(name) > 64 || name == "numDigits" {
		return false
	}
	last, before := lastWords(name)
	return secrets[last] || after[last][before]
}

// lastWords returns the last two words of a name in lower case.
func lastWords(name string) (last, before string) {
	end := len(name)
	last, end = wordBefore(name, end)
	before, _ = wordBefore(name, end)
	return last, before
}

// wordBefore returns the word that ends at end, and where it begins: words are
// parted by what is no letter, and by a capital after a small letter.
func wordBefore(name string, end int) (word string, begin int) {
	for end > 0 && !letter(name[end-1]) {
		end--
	}
	var low [64]byte
	at := len(low)
	for begin = end; begin > 0 && letter(name[begin-1]); {
		begin--
		at--
		low[at] = name[begin] | 0x20
		if name[begin] < 'a' && begin > 0 && name[begin-1] >= 'a' {
			break
		}
	}
	return string(low[at:]), begin
}
