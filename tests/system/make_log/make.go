// make_log DIR SIZE: a published log that the gateway had no part in, written against the C2SP
// specifications with golang.org/x/mod. Entries have the gateway's form, and rising times; what they
// commit to nobody knows. Prints the log's key.
package main

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	origin = "xb-gw-01.made.example/audit/1"
	height = 8
	width  = 1 << height
	begin  = 1790000000000
)

func need(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "make_log:", err)
		os.Exit(1)
	}
}

// [1, time, 32 octets, 32 octets] in deterministic CBOR.
func entry(i int64) []byte {
	e := make([]byte, 79)
	copy(e, "\x84\x01\x1b")
	binary.BigEndian.PutUint64(e[3:], uint64(begin+i))
	for _, at := range []int{11, 45} {
		copy(e[at:], "\x58\x20")
		_, err := rand.Read(e[at+2 : at+34])
		need(err)
	}
	return e
}

// All hashes of the tree, in the order in which x/mod stores them.
type hashes []tlog.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		found[i] = h[at]
	}
	return found, nil
}

func write(path string, octets []byte) {
	need(os.MkdirAll(filepath.Dir(path), 0o755))
	need(os.WriteFile(path, octets, 0o644))
}

// "tile/8/0/x001/234" without the height, which C2SP leaves out.
func name(t tlog.Tile) string {
	return strings.Replace(t.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
}

func main() {
	if len(os.Args) != 3 {
		need(fmt.Errorf("usage: make_log DIR SIZE"))
	}
	folder := os.Args[1]
	size, err := strconv.ParseInt(os.Args[2], 10, 64)
	need(err)
	var stored hashes
	var bundle []byte
	for i := int64(0); i < size; i++ {
		e := entry(i)
		more, err := tlog.StoredHashes(i, e, stored)
		need(err)
		stored = append(stored, more...)
		bundle = append(append(bundle, 0, byte(len(e))), e...)
		if (i+1)%width == 0 || i+1 == size {
			t := tlog.Tile{H: height, L: 0, N: i / width, W: int(i%width) + 1}
			write(filepath.Join(folder, strings.Replace(name(t), "tile/0/", "tile/entries/", 1)), bundle)
			bundle = nil
		}
	}
	widest := map[[2]int64]tlog.Tile{}
	for _, t := range tlog.NewTiles(height, 0, size) {
		widest[[2]int64{int64(t.L), t.N}] = t
	}
	for _, t := range widest {
		octets, err := tlog.ReadTileData(t, stored)
		need(err)
		write(filepath.Join(folder, name(t)), octets)
	}
	root, err := tlog.TreeHash(size, stored)
	need(err)
	secret, vkey, err := note.GenerateKey(rand.Reader, origin)
	need(err)
	signer, err := note.NewSigner(secret)
	need(err)
	signed, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", origin, size, root)}, signer)
	need(err)
	write(filepath.Join(folder, "checkpoint"), signed)
	fmt.Println(vkey)
}
