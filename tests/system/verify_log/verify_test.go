package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// Any one key of octets 0x11 makes the logs of these tests; the golden log has its own.
type zeros struct{}

func (zeros) Read(octets []byte) (int, error) {
	copy(octets, bytes.Repeat([]byte{0x11}, len(octets)))
	return len(octets), nil
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, dir, name string, octets []byte) {
	t.Helper()
	path := filepath.Join(dir, name)
	check(t, os.MkdirAll(filepath.Dir(path), 0o755))
	check(t, os.WriteFile(path, octets, 0o644))
}

// Publishes the tiles of these entries, with the partial ones only where partial is set.
func publish(t *testing.T, dir string, entries [][]byte, partial bool) tiles {
	all := tiles{entries, hashLevels(entries)}
	for level := -1; level < len(all.levels); level++ {
		kind := strconv.Itoa(level)
		if level < 0 {
			kind = "entries"
		}
		for n := int64(0); all.count(kind, n) > 0; n++ {
			name, count := "tile/"+kind+"/"+number(n), all.count(kind, n)
			if count < width && partial {
				put(t, dir, fmt.Sprintf("%s.p/%d", name, count), all.octets(kind, n, count))
			} else if count == width {
				put(t, dir, name, all.octets(kind, n, count))
			}
		}
	}
	return all
}

func made(size int) (entries [][]byte) {
	for i := 0; i < size; i++ {
		entries = append(entries, []byte(fmt.Sprintf("entry %d", i)))
	}
	return entries
}

func newLog(t *testing.T, size int) (dir, vkey string) {
	skey, vkey, err := note.GenerateKey(zeros{}, "xa-gw-01.comity.example/audit/2026")
	check(t, err)
	signer, err := note.NewSigner(skey)
	check(t, err)
	dir = t.TempDir()
	entries := made(size)
	publish(t, dir, entries, true)
	root, err := treeRoot(entries)
	check(t, err)
	body := fmt.Sprintf("%s\n%d\n%v\n", signer.Name(), size, root)
	signed, err := note.Sign(&note.Note{Text: body}, signer)
	check(t, err)
	put(t, dir, "checkpoint", signed)
	return dir, vkey
}

func refused(t *testing.T, dir, vkey, want string) {
	t.Helper()
	if _, err := verify(dir, vkey); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Fatalf("got %v, want %q", err, want)
	}
}

func TestAcceptsLogsOfEverySizeAroundATile(t *testing.T) {
	for _, size := range []int{0, 1, 2, 255, 256, 257, 512, 65535, 65536, 65537} {
		dir, vkey := newLog(t, size)
		c, err := verify(dir, vkey)
		if err != nil || c.size != int64(size) {
			t.Errorf("size %d: %d %v", size, c.size, err)
		}
	}
}

func TestAcceptsTheLogOfTheVectors(t *testing.T) {
	var vector struct {
		Vkey, Checkpoint, Cosigned string
		Entries, Roots             []string
	}
	octets, err := os.ReadFile("../../vectors/log.json")
	check(t, err)
	check(t, json.Unmarshal(octets, &vector))
	var entries [][]byte
	for _, text := range vector.Entries {
		entry, err := hex.DecodeString(text)
		check(t, err)
		entries = append(entries, entry)
	}
	dir := t.TempDir()
	publish(t, dir, entries, true)
	for _, checkpoint := range []string{vector.Checkpoint, vector.Cosigned} {
		put(t, dir, "checkpoint", []byte(checkpoint))
		c, err := verify(dir, vector.Vkey)
		if err != nil || hex.EncodeToString(c.root[:]) != vector.Roots[len(entries)] {
			t.Error(err)
		}
	}
}

func TestAcceptsOlderPartialTilesAndALogThatHasGrown(t *testing.T) {
	dir, vkey := newLog(t, 300)
	publish(t, dir, made(7), true)
	publish(t, dir, made(290), true)
	publish(t, dir, made(700), true)
	_, err := verify(dir, vkey)
	check(t, err)
	check(t, os.RemoveAll(filepath.Join(dir, "tile/0/001.p")))
	check(t, os.RemoveAll(filepath.Join(dir, "tile/entries/001.p")))
	_, err = verify(dir, vkey)
	check(t, err)
}

func TestNamesWhatIsWrong(t *testing.T) {
	_, other, err := note.GenerateKey(zeros{}, "xb-gw-01.comity.example/audit/2026")
	check(t, err)
	change := func(name string, at int) func(string) error {
		return func(dir string) error {
			path := filepath.Join(dir, name)
			octets, err := os.ReadFile(path)
			if err == nil {
				octets[at] ^= 1
				err = os.WriteFile(path, octets, 0o644)
			}
			return err
		}
	}
	write := func(name, text string) func(string) error {
		return func(dir string) error {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			return os.WriteFile(path, []byte(text), 0o644)
		}
	}
	remove := func(name string) func(string) error {
		return func(dir string) error { return os.Remove(filepath.Join(dir, name)) }
	}
	for _, row := range []struct {
		want   string
		damage func(string) error
	}{
		{"checkpoint: ", remove("checkpoint")},
		{"checkpoint: ", change("checkpoint", 36)},
		{"checkpoint: ", write("checkpoint", "xa-gw-01.comity.example/audit/2026\n300\n")},
		{"entries: ", remove("tile/entries/000")},
		{"entries: ", remove("tile/entries/001.p/44")},
		{"entries: tile/entries/001.p/44: entry 0 is cut short", write("tile/entries/001.p/44", "\xff")},
		{"tile: tile/0/000 ", change("tile/entries/000", 5)},
		{"tile: tile/entries/000 ", func(dir string) error {
			f, err := os.OpenFile(filepath.Join(dir, "tile/entries/000"), os.O_APPEND|os.O_WRONLY, 0)
			if err == nil {
				_, err = f.WriteString("x")
				f.Close()
			}
			return err
		}},
		{"tile: tile/0/000 ", change("tile/0/000", 8191)},
		{"tile: tile/0/001.p/44 ", change("tile/0/001.p/44", 0)},
		{"tile: tile/1/000.p/1 ", change("tile/1/000.p/1", 31)},
		{"tile: tile/1/000 is missing", remove("tile/1/000.p/1")},
		{"tile: tile/0/000.p/2 ", write("tile/0/000.p/2", "no hashes")},
		{"tile: tile/entries/000.p/1 ", write("tile/entries/000.p/1", "\x00\x01x")},
		{"unexpected: ", write("tile/0/000.p/256", "")},
		{"unexpected: ", write("tile/0/0", "")},
		{"unexpected: ", write("tile/64/000", "")},
		{"unexpected: ", write("tile/notes.txt", "")},
	} {
		dir, vkey := newLog(t, 300)
		refused(t, dir, strings.Replace(vkey, "xa-gw", "xb-gw", 1), "key: ")
		refused(t, dir, other, "checkpoint: ")
		check(t, row.damage(dir))
		refused(t, dir, vkey, row.want)
	}
}

func TestFindsARootThatTheEntriesDoNotGive(t *testing.T) {
	skey, vkey, err := note.GenerateKey(zeros{}, "xa-gw-01.comity.example/audit/2026")
	check(t, err)
	signer, err := note.NewSigner(skey)
	check(t, err)
	dir := t.TempDir()
	publish(t, dir, made(3), true)
	zero := base64.StdEncoding.EncodeToString(make([]byte, 32))
	for body, want := range map[string]string{
		signer.Name() + "\n3\n" + zero + "\n":        "root: ",
		signer.Name() + "\n03\n" + zero + "\n":       "checkpoint: size",
		signer.Name() + "\n-3\n" + zero + "\n":       "checkpoint: size",
		signer.Name() + "\n3\n" + zero[:40] + "\n":   "checkpoint: root",
		signer.Name() + "\n3\n" + zero + "\nmore\n":  "checkpoint: not origin",
		"xb-gw-01.comity.example\n3\n" + zero + "\n": "checkpoint: not origin",
	} {
		signed, err := note.Sign(&note.Note{Text: body}, signer)
		check(t, err)
		put(t, dir, "checkpoint", signed)
		refused(t, dir, vkey, want)
	}
}

func TestKnowsWhereALogEnded(t *testing.T) {
	dir, vkey := newLog(t, 300)
	c, err := verify(dir, vkey)
	check(t, err)
	zero := base64.StdEncoding.EncodeToString(make([]byte, 32))
	for end, want := range map[string]string{
		fmt.Sprintf("300:%v", c.root): "",
		"301:" + zero:                 "",
		"300:" + zero:                 "end: the log ended with ",
		"299:" + zero:                 "end: the log ended at 299 entries",
		"0:" + zero:                   "end: ",
		"0300:" + zero:                "end: ",
		"300:" + zero[:40]:            "end: ",
		"300":                         "end: ",
	} {
		_, err := verify(dir, vkey, end)
		if want == "" {
			check(t, err)
		} else if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", end, err, want)
		}
	}
}

func TestWritesTileNumbersInGroupsOfThree(t *testing.T) {
	for n, want := range map[int64]string{0: "000", 999: "999", 1000: "x001/000", 1234067: "x001/x234/067"} {
		if got := number(n); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
