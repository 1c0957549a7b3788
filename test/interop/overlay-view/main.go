// Lists what containers see of images: applies layers as containerd does for its overlay snapshots, and mounts them.
// Usage: overlay-view <folder>; <folder>/<image>/<number>.tar are the layers, the lowest first. Needs a mount namespace
// of its own. Prints an object by image: paths with what they are, or why the layers could not be applied.
package main

import (
	"context"
	"encoding/json"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/containerd/containerd/v2/pkg/archive"
	"golang.org/x/sys/unix"
)

type view struct {
	Paths map[string]string `json:"paths,omitempty"`
	Error string            `json:"error,omitempty"`
}

func main() {
	work, err := os.MkdirTemp("", "overlay-view-")
	if err != nil {
		log.Fatal(err)
	}
	if err := unix.Mount("tmpfs", work, "tmpfs", 0, ""); err != nil {
		log.Fatal(err)
	}
	images, err := filepath.Glob(filepath.Join(os.Args[1], "*"))
	if err != nil {
		log.Fatal(err)
	}
	views := map[string]view{}
	for _, image := range images {
		folder := filepath.Join(work, filepath.Base(image))
		paths, err := look(image, folder)
		if err != nil {
			views[filepath.Base(image)] = view{Error: err.Error()}
		} else {
			views[filepath.Base(image)] = view{Paths: paths}
		}
		os.RemoveAll(folder)
	}
	if err := unix.Unmount(work, 0); err != nil {
		log.Fatal(err)
	}
	os.Remove(work)
	if err := json.NewEncoder(os.Stdout).Encode(views); err != nil {
		log.Fatal(err)
	}
}

func look(image, folder string) (map[string]string, error) {
	layers, err := filepath.Glob(filepath.Join(image, "*.tar"))
	if err != nil {
		return nil, err
	}
	sort.Strings(layers)
	// The topmost first. An overlay needs two folders at least.
	folders := []string{filepath.Join(folder, "empty")}
	if err := os.MkdirAll(folders[0], 0o755); err != nil {
		return nil, err
	}
	for number, layer := range layers {
		upper := filepath.Join(folder, strconv.Itoa(number))
		if err := apply(layer, upper, folders); err != nil {
			return nil, err
		}
		folders = append([]string{upper}, folders...)
	}
	merged := filepath.Join(folder, "merged")
	if err := os.Mkdir(merged, 0o755); err != nil {
		return nil, err
	}
	if err := unix.Mount("overlay", merged, "overlay", unix.MS_RDONLY, "lowerdir="+strings.Join(folders, ":")); err != nil {
		log.Fatal(err)
	}
	defer unix.Unmount(merged, 0)
	return list(merged)
}

func apply(layer, upper string, parents []string) error {
	if err := os.Mkdir(upper, 0o755); err != nil {
		return err
	}
	file, err := os.Open(layer)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = archive.Apply(context.Background(), upper, file,
		archive.WithConvertWhiteout(archive.OverlayConvertWhiteout), archive.WithParents(parents))
	return err
}

func list(root string) (map[string]string, error) {
	paths := map[string]string{}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return nil // A whiteout in a folder that only one layer has: listed, and not there.
		}
		name := path[len(root):]
		switch info.Mode().Type() {
		case 0:
			content, err := os.ReadFile(path)
			paths[name] = "file " + string(content)
			return err
		case fs.ModeDir:
			paths[name] = "directory"
		case fs.ModeSymlink:
			target, err := os.Readlink(path)
			paths[name] = "link " + target
			return err
		default:
			paths[name] = info.Mode().Type().String()
		}
		return nil
	})
	return paths, err
}
