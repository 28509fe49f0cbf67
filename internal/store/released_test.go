package store_test

import (
	"database/sql"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"confab/internal/contract"
	"confab/internal/store"
)

// What each release left in a data directory stands in testdata/released, as the
// SQL that makes it, and is never changed again. -freeze 0.2.0 writes the newest
// of them, as this program upgrades it, for the release of that name.
var freeze = flag.String("freeze", "", "write testdata/released/`VERSION`.sql")

// released returns the dumps, oldest first.
func released(t *testing.T) []string {
	t.Helper()
	dumps, err := filepath.Glob("testdata/released/*.sql")
	if err != nil || len(dumps) == 0 {
		t.Fatalf("no release is kept: %v", err)
	}
	slices.SortFunc(dumps, func(a, b string) int { return strings.Compare(versionOf(t, a), versionOf(t, b)) })
	return dumps
}

// versionOf makes 0.10.2 greater than 0.9.0.
func versionOf(t *testing.T, dump string) string {
	t.Helper()
	var major, minor, patch int
	if _, err := fmt.Sscanf(filepath.Base(dump), "%d.%d.%d.sql", &major, &minor, &patch); err != nil {
		t.Fatalf("%s is not named after a version: %v", dump, err)
	}
	return fmt.Sprintf("%05d.%05d.%05d", major, minor, patch)
}

// leftBy makes the data directory that a release left.
func leftBy(t *testing.T, dump string) (dir string) {
	t.Helper()
	text, err := os.ReadFile(dump)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	db := raw(t, dir)
	if _, err := db.Exec(string(text)); err != nil {
		t.Fatalf("%s: %v", dump, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Whatever a release wrote, this program reads, and the journal goes on.
func TestReleased_isReadAndGoesOn(t *testing.T) {
	for _, dump := range released(t) {
		t.Run(filepath.Base(dump), func(t *testing.T) {
			dir := leftBy(t, dump)
			s := open(t, dir)
			want := itsContents()
			if diff := cmp.Diff(want, contentsOf(t, s)); diff != "" {
				t.Errorf("what is read of it (-want +got):\n%s", diff)
			}
			if got := s.Committed(); got != 11 {
				t.Errorf("it ends at %d, want 11", got)
			}
			e := callEvent("CA00000000000000000000000000000003", 0, contract.CallRinging)
			e.Callback = &contract.Callback{URL: "http://app.example/status"}
			if got := s.Append(e); got != 12 {
				t.Errorf("the next position is %d, want 12", got)
			}
			wait(t, s, 12)
			cursors, err := s.Cursors(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			todo, err := s.TailCallbacks(t.Context(), cursors[""], 100)
			if err != nil {
				t.Fatal(err)
			}
			var positions []contract.Pos
			for _, e := range todo {
				positions = append(positions, e.Pos)
			}
			if !slices.Equal(positions, []contract.Pos{8, 9, 10, 12}) {
				t.Errorf("still to be delivered: %v, want 8, 9, 10 and the new one", positions)
			}
		})
	}
}

// A release is upgraded to the very schema that this program makes of nothing:
// a migration that was changed after its release, instead of followed by another,
// is found.
func TestReleased_hasTodaysSchemaAfterwards(t *testing.T) {
	fresh := t.TempDir()
	open(t, fresh)
	want := schemaOf(t, raw(t, fresh))
	for _, dump := range released(t) {
		dir := leftBy(t, dump)
		open(t, dir)
		if diff := cmp.Diff(want, schemaOf(t, raw(t, dir))); diff != "" {
			t.Errorf("%s: upgraded it has another schema than a new directory (-new +upgraded):\n%s", dump, diff)
		}
	}
}

// The newest release stands at the schema of today, word for word, or at an
// earlier one, and there are migrations between.
func TestReleased_newestIsTodaysOrEarlier(t *testing.T) {
	fresh := t.TempDir()
	open(t, fresh)
	today, all := raw(t, fresh), released(t)
	kept := raw(t, leftBy(t, all[len(all)-1]))
	have, want := schemaVersion(t, kept), schemaVersion(t, today)
	diff := cmp.Diff(schemaOf(t, kept), schemaOf(t, today))
	switch {
	case have > want:
		t.Errorf("the newest release kept has schema %d, this program knows %d", have, want)
	case have == want && diff != "":
		t.Errorf("the schema is another than that of the newest release, and no migration leads to it (-released +today):\n%s", diff)
	case have < want && diff == "":
		t.Errorf("migrations from %d to %d change nothing of the schema", have, want)
	}
}

// schemaOf returns the statements of the schema by the names they make.
func schemaOf(t *testing.T, db *sql.DB) map[string]string {
	t.Helper()
	schema := map[string]string{}
	for _, row := range rowsOf(t, db, "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL") {
		schema[row[0].(string)] = strings.Join(strings.Fields(row[1].(string)), " ")
	}
	return schema
}

func schemaVersion(t *testing.T, db *sql.DB) int64 {
	t.Helper()
	return rowsOf(t, db, "SELECT max(version_id) FROM goose_db_version")[0][0].(int64)
}

// rowsOf returns what a query finds.
func rowsOf(t *testing.T, db *sql.DB, query string) (found [][]any) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		row, at := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			at[i] = &row[i]
		}
		if err := rows.Scan(at...); err != nil {
			t.Fatal(err)
		}
		found = append(found, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// Not a test but a tool, when it is given -freeze.
func TestReleased_freeze(t *testing.T) {
	if *freeze == "" {
		t.Skip("nothing is to be released: no -freeze")
	}
	all := released(t)
	path := filepath.Join("testdata/released", *freeze+".sql")
	if newest := all[len(all)-1]; versionOf(t, path) <= versionOf(t, newest) {
		t.Fatalf("%s is not newer than %s", path, newest)
	}
	dir := leftBy(t, all[len(all)-1])
	s, err := store.Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(dumpOf(t, raw(t, dir))), 0o644); err != nil {
		t.Fatal(err)
	}
}

// dumpOf returns the SQL that makes db: its tables, their rows, its indexes.
func dumpOf(t *testing.T, db *sql.DB) string {
	t.Helper()
	var b strings.Builder
	made := rowsOf(t, db, "SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'sqlite_sequence' ORDER BY type DESC, rootpage")
	for _, m := range made {
		fmt.Fprintf(&b, "%s;\n", m[2])
	}
	for _, m := range made {
		if m[1] != "table" {
			continue
		}
		for _, row := range rowsOf(t, db, fmt.Sprintf("SELECT * FROM %s ORDER BY 1", m[0])) {
			values := make([]string, len(row))
			for i, v := range row {
				values[i] = literal(v)
			}
			fmt.Fprintf(&b, "INSERT INTO %s VALUES (%s);\n", m[0], strings.Join(values, ", "))
		}
	}
	return b.String()
}

// literal writes a value of SQLite's.
func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case []byte:
		return "x'" + hex.EncodeToString(v) + "'"
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	case time.Time: // as goose keeps it
		return "'" + v.UTC().Format(time.DateTime) + "'"
	}
	return fmt.Sprint(v)
}
