// Package webhook is the HTTP side of the customer's application: it fetches
// documents and media, and delivers callbacks from the journal. All forms are
// built here, from values of contract; all requests are signed here; and all
// connections to addresses that a customer names are made by the one dialer
// that checks them, [Guard].
//
// It knows nothing of what a document says: that is twiml's.
package webhook
