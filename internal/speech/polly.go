package speech

// pollyVoice is one of Amazon Polly's voices.
type pollyVoice struct {
	language string
	gender   Gender
	other    string // the base of its other language, if it has one
}

// pollyQualities are what may follow the name.
var pollyQualities = map[string]bool{"": true, "neural": true, "generative": true, "long-form": true}

// polly are Amazon Polly's voices by name, in lower case.
var polly = map[string]pollyVoice{
	"zeina": {"ar", Woman, ""}, "hala": {"ar-AE", Woman, "en"}, "zayd": {"ar-AE", Man, "en"},
	"arlet":  {"ca-ES", Woman, ""},
	"zhiyu":  {"cmn-CN", Woman, ""},
	"hiujin": {"yue-CN", Woman, ""},
	"jitka":  {"cs-CZ", Woman, ""},
	"naja":   {"da-DK", Woman, ""}, "mads": {"da-DK", Man, ""}, "sofie": {"da-DK", Woman, ""},
	"lisa":  {"nl-BE", Woman, ""},
	"lotte": {"nl-NL", Woman, ""}, "laura": {"nl-NL", Woman, ""}, "ruben": {"nl-NL", Man, ""},
	"nicole": {"en-AU", Woman, ""}, "olivia": {"en-AU", Woman, ""}, "russell": {"en-AU", Man, ""},
	"amy": {"en-GB", Woman, ""}, "emma": {"en-GB", Woman, ""}, "brian": {"en-GB", Man, ""}, "arthur": {"en-GB", Man, ""},
	"geraint": {"en-GB", Man, ""},
	"aditi":   {"en-IN", Woman, "hi"}, "kajal": {"en-IN", Woman, "hi"}, "raveena": {"en-IN", Woman, ""},
	"niamh":    {"en-IE", Woman, ""},
	"aria":     {"en-NZ", Woman, ""},
	"jasmine":  {"en-SG", Woman, ""},
	"ayanda":   {"en-ZA", Woman, ""},
	"danielle": {"en-US", Woman, ""}, "ivy": {"en-US", Woman, ""}, "joanna": {"en-US", Woman, ""},
	"kendra": {"en-US", Woman, ""}, "kimberly": {"en-US", Woman, ""}, "ruth": {"en-US", Woman, ""},
	"salli": {"en-US", Woman, ""}, "tiffany": {"en-US", Woman, ""},
	"gregory": {"en-US", Man, ""}, "joey": {"en-US", Man, ""}, "justin": {"en-US", Man, ""}, "kevin": {"en-US", Man, ""},
	"matthew": {"en-US", Man, ""}, "patrick": {"en-US", Man, ""}, "stephen": {"en-US", Man, ""},
	"suvi":     {"fi-FI", Woman, ""},
	"isabelle": {"fr-BE", Woman, ""},
	"chantal":  {"fr-CA", Woman, ""}, "gabrielle": {"fr-CA", Woman, ""}, "liam": {"fr-CA", Man, ""},
	"celine": {"fr-FR", Woman, ""}, "céline": {"fr-FR", Woman, ""}, "lea": {"fr-FR", Woman, ""}, "léa": {"fr-FR", Woman, ""},
	"ambre": {"fr-FR", Woman, ""}, "mathieu": {"fr-FR", Man, ""}, "remi": {"fr-FR", Man, ""}, "rémi": {"fr-FR", Man, ""}, "florian": {"fr-FR", Man, ""},
	"hannah":  {"de-AT", Woman, ""},
	"sabrina": {"de-CH", Woman, ""},
	"marlene": {"de-DE", Woman, ""}, "vicki": {"de-DE", Woman, ""}, "hans": {"de-DE", Man, ""}, "daniel": {"de-DE", Man, ""}, "lennart": {"de-DE", Man, ""},
	"dora": {"is-IS", Woman, ""}, "dóra": {"is-IS", Woman, ""}, "karl": {"is-IS", Man, ""},
	"carla": {"it-IT", Woman, ""}, "bianca": {"it-IT", Woman, ""}, "beatrice": {"it-IT", Woman, ""},
	"giorgio": {"it-IT", Man, ""}, "adriano": {"it-IT", Man, ""}, "lorenzo": {"it-IT", Man, ""},
	"mizuki": {"ja-JP", Woman, ""}, "kazuha": {"ja-JP", Woman, ""}, "tomoko": {"ja-JP", Woman, ""}, "takumi": {"ja-JP", Man, ""},
	"seoyeon": {"ko-KR", Woman, ""}, "jihye": {"ko-KR", Woman, ""},
	"liv": {"nb-NO", Woman, ""}, "ida": {"nb-NO", Woman, ""},
	"ewa": {"pl-PL", Woman, ""}, "maja": {"pl-PL", Woman, ""}, "ola": {"pl-PL", Woman, ""}, "jacek": {"pl-PL", Man, ""}, "jan": {"pl-PL", Man, ""},
	"camila": {"pt-BR", Woman, ""}, "vitoria": {"pt-BR", Woman, ""}, "vitória": {"pt-BR", Woman, ""},
	"ricardo": {"pt-BR", Man, ""}, "thiago": {"pt-BR", Man, ""},
	"ines": {"pt-PT", Woman, ""}, "inês": {"pt-PT", Woman, ""}, "cristiano": {"pt-PT", Man, ""},
	"carmen":  {"ro-RO", Woman, ""},
	"tatyana": {"ru-RU", Woman, ""}, "maxim": {"ru-RU", Man, ""},
	"conchita": {"es-ES", Woman, ""}, "lucia": {"es-ES", Woman, ""}, "alba": {"es-ES", Woman, ""},
	"enrique": {"es-ES", Man, ""}, "sergio": {"es-ES", Man, ""}, "raul": {"es-ES", Man, ""}, "raúl": {"es-ES", Man, ""},
	"mia": {"es-MX", Woman, ""}, "andres": {"es-MX", Man, ""}, "andrés": {"es-MX", Man, ""},
	"lupe": {"es-US", Woman, ""}, "penelope": {"es-US", Woman, ""}, "penélope": {"es-US", Woman, ""},
	"miguel": {"es-US", Man, ""}, "pedro": {"es-US", Man, ""},
	"astrid": {"sv-SE", Woman, ""}, "elin": {"sv-SE", Woman, ""},
	"filiz": {"tr-TR", Woman, ""}, "burcu": {"tr-TR", Woman, ""},
	"gwyneth": {"cy-GB", Woman, ""},

	// The basic voices under this house, as Twilio's libraries also spell them.
	"man": {"", Man, ""}, "woman": {"", Woman, ""},
}

// chirp are the names of Google's Chirp 3 voices, which are the same in every
// language, in lower case.
var chirp = map[string]Gender{
	"achernar": Woman, "aoede": Woman, "autonoe": Woman, "callirrhoe": Woman, "despina": Woman, "erinome": Woman,
	"gacrux": Woman, "kore": Woman, "laomedeia": Woman, "leda": Woman, "pulcherrima": Woman, "sulafat": Woman,
	"vindemiatrix": Woman, "zephyr": Woman,
	"achird": Man, "algenib": Man, "algieba": Man, "alnilam": Man, "charon": Man, "enceladus": Man, "fenrir": Man,
	"iapetus": Man, "orus": Man, "puck": Man, "rasalgethi": Man, "sadachbia": Man, "sadaltager": Man, "schedar": Man,
	"umbriel": Man, "zubenelgenubi": Man,
}
