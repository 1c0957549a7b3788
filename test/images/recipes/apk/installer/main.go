// Makes .apk packages out of a folder of files and a list, and installs some of them into a root with the installer of
// apko, which resolves dependencies and writes apk's database.
//
//	installer packages.json TREE REPOSITORY ROOT WORLD...
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/chainguard-dev/go-apk/pkg/apk"
	apkfs "github.com/chainguard-dev/go-apk/pkg/fs"
)

const arch = "x86_64"

var epoch = time.Unix(1_793_491_200, 0)

type description struct {
	Name, Version, Description string
	Depends, Provides          []string
	// Patterns of paths in the tree.
	Files []string
	// Scripts by their name in the package, e.g. ".post-install".
	Scripts  map[string]string
	Triggers []string
}

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(list, tree, repository, root string, world []string) error {
	ctx := context.Background()
	text, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	var packages []description
	if err := json.Unmarshal(text, &packages); err != nil {
		return err
	}
	folder := filepath.Join(repository, arch)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	index := &apk.APKIndex{Description: "packages of this image"}
	for _, one := range packages {
		content, err := makePackage(one, tree)
		if err != nil {
			return fmt.Errorf("%s: %w", one.Name, err)
		}
		parsed, err := apk.ParsePackage(ctx, bytes.NewReader(content))
		if err != nil {
			return fmt.Errorf("%s: %w", one.Name, err)
		}
		index.Packages = append(index.Packages, parsed)
		if err := os.WriteFile(filepath.Join(folder, parsed.Filename()), content, 0o644); err != nil {
			return err
		}
	}
	archive, err := apk.ArchiveFromIndex(index)
	if err != nil {
		return err
	}
	bytes, err := io.ReadAll(archive)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "APKINDEX.tar.gz"), bytes, 0o644); err != nil {
		return err
	}
	// The index is one that was made a moment ago, so nobody has signed it.
	installer, err := apk.New(apk.WithFS(apkfs.DirFS(root)), apk.WithArch(arch),
		apk.WithIgnoreMknodErrors(true), apk.WithNoSignatureIndexes(repository))
	if err != nil {
		return err
	}
	if err := installer.InitDB(ctx); err != nil {
		return err
	}
	if err := installer.SetRepositories(ctx, []string{repository}); err != nil {
		return err
	}
	if err := installer.SetWorld(ctx, world); err != nil {
		return err
	}
	return installer.FixateWorld(ctx, &epoch)
}

// An .apk: a tar of the control files without its end, and one of the files with the digest of each, gzipped each.
func makePackage(one description, tree string) ([]byte, error) {
	data, size, err := packFiles(one.Files, tree)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(data)
	info := fmt.Sprintf("pkgname = %s\npkgver = %s\npkgdesc = %s\nurl = https://example.org/%s\nbuilddate = %d\nsize = %d\n"+
		"arch = %s\norigin = %s\nlicense = Apache-2.0\n",
		one.Name, one.Version, one.Description, one.Name, epoch.Unix(), size, arch, one.Name)
	for _, name := range one.Depends {
		info += "depend = " + name + "\n"
	}
	for _, name := range one.Provides {
		info += "provides = " + name + "\n"
	}
	if len(one.Triggers) > 0 {
		info += "triggers = " + strings.Join(one.Triggers, " ") + "\n"
	}
	info += "datahash = " + hex.EncodeToString(digest[:]) + "\n"
	names := make([]string, 0, len(one.Scripts))
	for name := range one.Scripts {
		names = append(names, name)
	}
	sort.Strings(names)
	var control bytes.Buffer
	zipped := gzip.NewWriter(&control)
	archive := tar.NewWriter(zipped)
	add := func(name, content string, mode int64) error {
		header := &tar.Header{Name: name, Mode: mode, Size: int64(len(content)), ModTime: epoch, Uname: "root", Gname: "root"}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		_, err := io.WriteString(archive, content)
		return err
	}
	if err := add(".PKGINFO", info, 0o644); err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := add(name, one.Scripts[name], 0o755); err != nil {
			return nil, err
		}
	}
	// Not closed: the end of the archive comes with the files.
	if err := archive.Flush(); err != nil {
		return nil, err
	}
	if err := zipped.Close(); err != nil {
		return nil, err
	}
	return append(control.Bytes(), data...), nil
}

func packFiles(patterns []string, tree string) (data []byte, size int64, err error) {
	paths := map[string]bool{}
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(tree, pattern))
		if err != nil || len(found) == 0 {
			return nil, 0, fmt.Errorf("no file %s: %w", pattern, err)
		}
		for _, path := range found {
			for at := path; at != tree; at = filepath.Dir(at) {
				paths[at] = true
			}
		}
	}
	sorted := make([]string, 0, len(paths))
	for path := range paths {
		sorted = append(sorted, path)
	}
	sort.Strings(sorted)
	var buffer bytes.Buffer
	zipped := gzip.NewWriter(&buffer)
	archive := tar.NewWriter(zipped)
	for _, path := range sorted {
		status, err := os.Lstat(path)
		if err != nil {
			return nil, 0, err
		}
		target, _ := os.Readlink(path)
		header, err := tar.FileInfoHeader(status, target)
		if err != nil {
			return nil, 0, err
		}
		name, err := filepath.Rel(tree, path)
		if err != nil {
			return nil, 0, err
		}
		header.Name = name
		if status.IsDir() {
			header.Name += "/"
		}
		header.Uid, header.Gid, header.Uname, header.Gname = 0, 0, "root", "root"
		header.ModTime, header.AccessTime, header.ChangeTime = epoch, time.Time{}, time.Time{}
		header.Format = tar.FormatPAX
		content := []byte(target)
		if status.Mode().IsRegular() {
			if content, err = os.ReadFile(path); err != nil {
				return nil, 0, err
			}
			size += int64(len(content))
		}
		if status.Mode().IsRegular() || status.Mode()&fs.ModeSymlink != 0 {
			digest := sha1.Sum(content)
			header.PAXRecords = map[string]string{"APK-TOOLS.checksum.SHA1": hex.EncodeToString(digest[:])}
		}
		if err := archive.WriteHeader(header); err != nil {
			return nil, 0, err
		}
		if status.Mode().IsRegular() {
			if _, err := archive.Write(content); err != nil {
				return nil, 0, err
			}
		}
	}
	if err := archive.Close(); err != nil {
		return nil, 0, err
	}
	if err := zipped.Close(); err != nil {
		return nil, 0, err
	}
	return buffer.Bytes(), size, nil
}
