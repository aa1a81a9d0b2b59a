// verify LOGDIR VKEY [SIZE:ROOT]: a second opinion on a published audit log, written against the C2SP
// specifications (signed-note, tlog-checkpoint, tlog-tiles) with golang.org/x/mod and none of the
// gateway's own code. It reads everything: each entry is hashed again, each file under tile/
// compared, and root and signature checked against VKEY. SIZE:ROOT is where the log ended, as the
// directory closes it: whatever the log's key has signed beyond, or with another root there, is not
// of the log. Prints origin, size and root and exits 0, or names the first thing that does not hold
// and exits 1.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const width = 256 // hashes in a full tile, entries in a full bundle

type checkpoint struct {
	origin string
	size   int64
	root   tlog.Hash
}

// The checkpoint's body is three lines: origin, size in decimal, root in base64.
func readCheckpoint(dir, vkey string) (c checkpoint, err error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return c, fmt.Errorf("key: %v", err)
	}
	octets, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return c, fmt.Errorf("checkpoint: %v", err)
	}
	signed, err := note.Open(octets, note.VerifierList(verifier))
	if err != nil {
		return c, fmt.Errorf("checkpoint: %v", err)
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return c, fmt.Errorf("checkpoint: not origin, size and root of %s", verifier.Name())
	}
	c.origin = lines[0]
	c.size, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || c.size < 0 || strconv.FormatInt(c.size, 10) != lines[1] {
		return c, fmt.Errorf("checkpoint: size %q", lines[1])
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || copy(c.root[:], root) != tlog.HashSize || len(root) != tlog.HashSize {
		return c, fmt.Errorf("checkpoint: root %q", lines[2])
	}
	return c, nil
}

// 1234067 is x001/x234/067.
func number(n int64) string {
	text := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		text = fmt.Sprintf("x%03d/%s", n%1000, text)
	}
	return text
}

// What the files under tile/ must hold: the log's entries, and the hashes of each level above them.
type tiles struct {
	entries [][]byte
	levels  [][]tlog.Hash
}

// Reads the newest bundle of each 256 entries. A log may have grown since its checkpoint was made:
// the full bundle then stands in for the partial one.
func readEntries(dir string, size int64) (entries [][]byte, err error) {
	for n := int64(0); n*width < size; n++ {
		name := "tile/entries/" + number(n)
		octets, err := os.ReadFile(filepath.Join(dir, name))
		if count := size - n*width; os.IsNotExist(err) && count < width {
			name = fmt.Sprintf("%s.p/%d", name, count)
			octets, err = os.ReadFile(filepath.Join(dir, name))
		}
		if err != nil {
			return nil, fmt.Errorf("entries: %v", err)
		}
		for i := 0; i < width && int64(len(entries)) < size; i++ {
			if len(octets) < 2 || len(octets)-2 < int(binary.BigEndian.Uint16(octets)) {
				return nil, fmt.Errorf("entries: %s: entry %d is cut short", name, i)
			}
			end := 2 + int(binary.BigEndian.Uint16(octets))
			entries = append(entries, octets[2:end])
			octets = octets[end:]
		}
	}
	return entries, nil
}

// Level 0 is the leaf hashes; a hash of the level above is the root of 256 below.
func hashLevels(entries [][]byte) (levels [][]tlog.Hash) {
	hashes := make([]tlog.Hash, len(entries))
	for i, entry := range entries {
		hashes[i] = tlog.RecordHash(entry)
	}
	for len(hashes) > 0 {
		levels = append(levels, hashes)
		above := make([]tlog.Hash, len(hashes)/width)
		for i := range above {
			above[i] = fullRoot(hashes[i*width : (i+1)*width])
		}
		hashes = above
	}
	return levels
}

func fullRoot(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	half := len(hashes) / 2
	return tlog.NodeHash(fullRoot(hashes[:half]), fullRoot(hashes[half:]))
}

// How many items tile n of this kind has in the checkpoint's tree.
func (t tiles) count(kind string, n int64) int {
	level, _ := strconv.Atoi(kind) // 0 for entries: a bundle covers what its tile does
	if level >= len(t.levels) || n*width >= int64(len(t.levels[level])) {
		return 0
	}
	if left := int64(len(t.levels[level])) - n*width; left < width {
		return int(left)
	}
	return width
}

// The first count items of a tile as they must stand in its file.
func (t tiles) octets(kind string, n int64, count int) (octets []byte) {
	level, _ := strconv.Atoi(kind)
	for i := n * width; i < n*width+int64(count); i++ {
		if kind == "entries" {
			octets = append(octets, byte(len(t.entries[i])>>8), byte(len(t.entries[i])))
			octets = append(octets, t.entries[i]...)
		} else {
			octets = append(octets, t.levels[level][i][:]...)
		}
	}
	return octets
}

var tileName = regexp.MustCompile(`^tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?$`)

// Compares one file and gives what it covers. Older partial tiles may stand beside the newest and
// newer ones may have come since the checkpoint: they agree with it as far as both go.
func (t tiles) compare(dir, name string) (place string, count int, err error) {
	parts := tileName.FindStringSubmatch(name)
	if parts == nil {
		return "", 0, fmt.Errorf("unexpected: %s", name)
	}
	claimed := width
	if parts[3] != "" {
		if claimed, _ = strconv.Atoi(parts[3]); claimed >= width {
			return "", 0, fmt.Errorf("unexpected: %s", name)
		}
	}
	n, _ := strconv.ParseInt(strings.NewReplacer("x", "", "/", "").Replace(parts[2]), 10, 64)
	octets, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return "", 0, fmt.Errorf("tile: %v", err)
	}
	known := t.count(parts[1], n)
	want := t.octets(parts[1], n, min(known, claimed))
	if !bytes.HasPrefix(octets, want) || claimed <= known && len(octets) != len(want) {
		return "", 0, fmt.Errorf("tile: %s is not what the entries give", name)
	}
	return parts[1] + "/" + number(n), claimed, nil
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

// Compares every file under tile/, and wants each tile of the checkpoint's tree among them.
func (t tiles) compareAll(dir string) error {
	widest := map[string]int{}
	root := filepath.Join(dir, "tile")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) && path == root || err == nil && entry.IsDir() {
			return nil
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		place, count, err := t.compare(dir, name)
		if count > widest[place] {
			widest[place] = count
		}
		return err
	})
	for level := range t.levels {
		kind := strconv.Itoa(level)
		for n := int64(0); err == nil && t.count(kind, n) > 0; n++ {
			if place := kind + "/" + number(n); widest[place] < t.count(kind, n) {
				err = fmt.Errorf("tile: tile/%s is missing", place)
			}
		}
	}
	return err
}

// The root over all entries, by x/mod's own way of keeping a tree.
func treeRoot(entries [][]byte) (tlog.Hash, error) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			hashes[i] = stored[index]
		}
		return hashes, nil
	})
	for i, entry := range entries {
		more, err := tlog.StoredHashes(int64(i), entry, reader)
		if err != nil {
			return tlog.Hash{}, err
		}
		stored = append(stored, more...)
	}
	return tlog.TreeHash(int64(len(entries)), reader)
}

// Where a log ended: "SIZE:ROOT", the root in base64.
func readEnd(text string) (end checkpoint, err error) {
	size, root, _ := strings.Cut(text, ":")
	octets, err := base64.StdEncoding.Strict().DecodeString(root)
	end.size, _ = strconv.ParseInt(size, 10, 64)
	if err != nil || copy(end.root[:], octets) != tlog.HashSize || len(octets) != tlog.HashSize ||
		end.size <= 0 || strconv.FormatInt(end.size, 10) != size {
		return end, fmt.Errorf("end: %q is not SIZE:ROOT", text)
	}
	return end, nil
}

func (c checkpoint) compareEnd(end checkpoint) error {
	if c.size > end.size {
		return fmt.Errorf("end: the log ended at %d entries, the checkpoint has %d", end.size, c.size)
	}
	if c.size == end.size && c.root != end.root {
		return fmt.Errorf("end: the log ended with %v, the checkpoint has %v", end.root, c.root)
	}
	return nil
}

func verify(dir, vkey string, ends ...string) (c checkpoint, err error) {
	if c, err = readCheckpoint(dir, vkey); err != nil {
		return c, err
	}
	for _, text := range ends {
		end, err := readEnd(text)
		if err == nil {
			err = c.compareEnd(end)
		}
		if err != nil {
			return c, err
		}
	}
	var t tiles
	if t.entries, err = readEntries(dir, c.size); err != nil {
		return c, err
	}
	t.levels = hashLevels(t.entries)
	if err = t.compareAll(dir); err != nil {
		return c, err
	}
	root, err := treeRoot(t.entries)
	if err == nil && root != c.root {
		err = fmt.Errorf("root: the checkpoint has %v, the entries give %v", c.root, root)
	}
	return c, err
}

func main() {
	if len(os.Args) != 3 && len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: verify LOGDIR VKEY [SIZE:ROOT]")
		os.Exit(2)
	}
	c, err := verify(os.Args[1], os.Args[2], os.Args[3:]...)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
	fmt.Printf("%s %d %v\n", c.origin, c.size, c.root)
}
