// Package token makes and checks the access tokens that browsers show: JSON Web
// Tokens (RFC 7519) with a voice grant, signed with the secret of an API key, in the
// form that Twilio's helper libraries make and the Voice SDK carries. It keeps no
// keys: whoever checks says where a key's secret is found.
package token
