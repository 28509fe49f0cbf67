package contract

import "testing"

func TestRole_includesThoseBeforeIt(t *testing.T) {
	for i, has := range Roles() {
		for k, need := range Roles() {
			if got := has.Includes(need); got != (i >= k) {
				t.Errorf("%s includes %s: %v", has, need, got)
			}
		}
		if has.Includes("") || Role("").Includes(has) || !has.Valid() {
			t.Errorf("%s and none", has)
		}
	}
	if Role("").Includes("") || Role("boss").Valid() {
		t.Error("a role that is none is one")
	}
}
