package line_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"confab/internal/line"
)

// What each release left of rooms stands in testdata/released, as the SQL that
// makes it (sqlite3 line.db .dump), and is never changed again. Whatever a release
// wrote, this program reads, and makes of it the schema that it makes of nothing.
func TestReleased_rooms(t *testing.T) {
	dumps, err := filepath.Glob("testdata/released/*.sql")
	if err != nil || len(dumps) == 0 {
		t.Fatalf("no release is kept: %v", err)
	}
	fresh := t.TempDir()
	openRooms(t, fresh)
	for _, dump := range dumps {
		dir := t.TempDir()
		text, err := os.ReadFile(dump)
		if err != nil {
			t.Fatal(err)
		}
		db := database(t, dir)
		if _, err := db.Exec(string(text)); err != nil {
			t.Fatalf("%s: %v", dump, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		rooms := openRooms(t, dir)
		got, err := rooms.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
		want := []line.Room{
			{ID: 2, Name: "Ann's tea", Code: "0246813579", Language: "de-DE", Greeting: "Grüß Gott.", Closed: true, Created: at.Add(time.Second)},
			{ID: 1, Name: "conference 1", Code: "123", Language: "en-US", Created: at},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", dump, diff)
		}
		if _, err := rooms.Add(t.Context(), line.Room{Name: "new", Code: "9753"}); err != nil {
			t.Errorf("%s: %v", dump, err)
		}
		if diff := cmp.Diff(schemaOf(t, fresh), schemaOf(t, dir)); diff != "" {
			t.Errorf("%s: upgraded it has another schema than a new directory (-new +upgraded):\n%s", dump, diff)
		}
	}
}

// database opens the rooms' database as a meddler.
func database(t *testing.T, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "line.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// schemaOf returns the statements of the schema by the names they make.
func schemaOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	rows, err := database(t, dir).Query("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	schema := map[string]string{}
	for rows.Next() {
		var name, statement string
		if err := rows.Scan(&name, &statement); err != nil {
			t.Fatal(err)
		}
		schema[name] = strings.Join(strings.Fields(statement), " ")
	}
	if err := rows.Err(); err != nil || len(schema) == 0 {
		t.Fatalf("schema: %v, %v", schema, err)
	}
	return schema
}
