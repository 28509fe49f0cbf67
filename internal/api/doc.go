// Package api is the operator's hand: the REST resources of the contract,
// version 2010-04-01, each in a file of its own. It answers in the forms that
// the contract's clients expect, in JSON or XML by the extension of the path,
// and refuses in those forms too: what is documented and not served here says
// so, and is never an empty success.
//
// It leaves listening, time-outs and recovering to whoever serves it.
package api
