package api

import (
	"cmp"

	"confab/internal/contract"
	"confab/internal/store"
)

// describeKey describes the Key and the SigningKey resource, which are one
// (Twilio Key resource, properties).
func describeKey(item store.KeyItem) object {
	return object{
		{"sid", string(item.Info.SID)},
		{"friendly_name", text(item.Info.FriendlyName)},
		{"role", string(item.Info.Role)}, // ours; the contract's keys have none
		{"date_created", date(item.Info.Created)},
		{"date_updated", date(item.Updated)},
	}
}

// keyList is the name in JSON of the list that a path is about, and keyKind the
// element of its items in XML: there are two paths to the same keys.
func (q *request) keyList() string {
	if q.place.steps[2] == "SigningKeys" {
		return "signing_keys"
	}
	return "keys"
}

func (q *request) keyKind() string {
	if q.place.steps[2] == "SigningKeys" {
		return "SigningKey"
	}
	return "Key"
}

// listKeys lists the API keys, newest first.
func (a *API) listKeys(q *request) (answer, error) {
	p, err := q.query()
	if err != nil {
		return nil, err
	}
	g, err := p.page()
	if err != nil {
		return nil, err
	}
	l, err := a.cfg.Store.Keys(q.Context(), "", g.Page)
	if err != nil {
		return nil, err
	}
	return paged(g, q.uri(q.place.steps[2]), q.keyList(), q.keyKind(), l,
		func(item store.KeyItem) (object, bool) { return describeKey(item), true }), nil
}

func (a *API) fetchKey(q *request) (answer, error) {
	l, err := a.cfg.Store.Keys(q.Context(), contract.KeySID(q.names[0]), store.Page{Size: 1})
	if err != nil {
		return nil, err
	}
	if len(l.Items) == 0 {
		return nil, errNotFound
	}
	return resource{q.keyKind(), describeKey(l.Items[0])}, nil
}

// createKey makes an API key. This answer alone has its secret (Twilio Key
// resource, create).
func (a *API) createKey(q *request) (answer, error) {
	name, role, err := q.keyForm()
	if err != nil {
		return nil, err
	}
	k, secret, err := a.cfg.Store.AddKey(q.Context(), value(name), cmp.Or(role, contract.RoleAdminister))
	if err != nil {
		return nil, err
	}
	a.log.Info("API key was made", "key", k.SID, "role", k.Role)
	o := describeKey(store.KeyItem{Info: k, Updated: k.Created})
	return created{resource{q.keyKind(), append(o, property{"secret", secret})}}, nil
}

func (a *API) updateKey(q *request) (answer, error) {
	if _, err := a.fetchKey(q); err != nil {
		return nil, err
	}
	name, role, err := q.keyForm()
	if err != nil {
		return nil, err
	}
	if role != "" {
		if _, err := a.cfg.Store.SetKeyRole(q.Context(), contract.KeySID(q.names[0]), role); err != nil {
			return nil, err
		}
	}
	if name != nil {
		if _, err := a.cfg.Store.NameKey(q.Context(), contract.KeySID(q.names[0]), *name); err != nil {
			return nil, err
		}
	}
	return a.fetchKey(q)
}

// keyForm reads the parameters of a key: its name, and its role, which is ours.
func (q *request) keyForm() (name *string, role contract.Role, err error) {
	p, err := q.form()
	if err != nil {
		return nil, "", err
	}
	name, role = p.name(), word(p, "Role", contract.Roles()...)
	return name, role, p.err
}

// deleteKey removes an API key: its next request is refused.
func (a *API) deleteKey(q *request) (answer, error) {
	ok, err := a.cfg.Store.RemoveKey(q.Context(), contract.KeySID(q.names[0]))
	if err == nil && !ok {
		err = errNotFound
	}
	if err == nil {
		a.log.Info("API key was removed", "key", q.names[0])
	}
	return nil, err
}
