#!/usr/bin/env python3
"""
build.py [name...]: builds the named images, or all, unless the cache has them.

Prints a line `name TAB layout directory TAB tag` for each on stdout, and its progress on stderr. An image's folder in
the cache is named by the hash of its recipe, the builder and, if it has one, the shared Debian base.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import chroot
import debian
from layers import difference, snapshot, write_layer
from layout import write_image, write_layout

HERE = os.path.dirname(os.path.abspath(__file__))
RECIPES = os.path.join(os.path.dirname(HERE), 'recipes')
BASE = [os.path.join(HERE, name) for name in ('debian.py', 'layers.py')]
BUILDER = [os.path.join(HERE, name) for name in ('build.py', 'chroot.py', 'layout.py')]
# Nothing here has to survive a power cut: dpkg need not sync each file.
INSTALL = 'apt-get update -q; apt-get install -q -y --no-install-recommends -o DPkg::Options::=--force-unsafe-io '
CLEAN = '; rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin'
CACHE = os.path.join(os.environ.get('SALLYPORT_CACHE') or os.path.expanduser('~/.cache/sallyport'), 'images')


def log(text):
    print(f'images: {text}', file=sys.stderr, flush=True)


def hash_of(*paths):
    """Names a result by everything that goes into it: files, and folders with all that is in them."""
    total = hashlib.sha256()
    for base in paths:
        files = [base] if os.path.isfile(base) else sorted(
            os.path.join(folder, name) for folder, _, names in os.walk(base) for name in names
        )
        for path in files:
            content = hashlib.sha256(content_of(path)).hexdigest()
            total.update(f'{os.path.relpath(path, base)}\0{os.access(path, os.X_OK)}\0{content}\n'.encode())
    return total.hexdigest()[:16]


def content_of(path):
    """What is asked of a running image, and how its recipe is formatted, do not change the image."""
    with open(path, 'rb') as file:
        if os.path.basename(path) != 'recipe.json':
            return file.read()
        recipe = json.load(file)
    recipe.pop('smoke', None)
    return json.dumps(recipe, sort_keys=True).encode()


def cached(name, build):
    """The folder in the cache; builds it beside and moves it there whole."""
    directory = os.path.join(CACHE, name)
    if not os.path.isdir(directory):
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=f'.{name}.', dir=CACHE) as work:
            for folder in ('out/blobs/sha256', 'root', 'stage'):
                os.makedirs(os.path.join(work, folder))
            build(work)
            os.rename(os.path.join(work, 'out'), directory)
        log(f'{name} built in {time.monotonic() - started:.0f} s')
    return directory


def build_base(work, base):
    root = os.path.join(work, 'root')
    debian.bootstrap(root, base)
    descriptor, diff_id = write_layer(root, set(snapshot(root)), set(), os.path.join(work, 'out/blobs/sha256'))
    with open(os.path.join(work, 'out/layer.json'), 'w') as file:
        json.dump([descriptor, diff_id, f'debian packages of variant {debian.BASES[base]["variant"]}'], file)


def start_from_base(root, blobs, base):
    directory = cached(f'base-{base}-{hash_of(*BASE)}', lambda work: build_base(work, base))
    with open(os.path.join(directory, 'layer.json')) as file:
        descriptor, diff_id, command = json.load(file)
    name = descriptor['digest'].removeprefix('sha256:')
    os.link(os.path.join(directory, 'blobs/sha256', name), os.path.join(blobs, name))
    extract = ['tar', '-xzp', '--numeric-owner', '--xattrs', '--xattrs-include=*', '-C', root]
    subprocess.run([*extract, '-f', os.path.join(blobs, name)], check=True)
    return descriptor, diff_id, command


def apply_step(recipe, root, stage, step):
    """A step as a line of a Dockerfile: files of the recipe, a script on the host, packages, a script inside the image."""
    if 'copy' in step:
        source = os.path.join(recipe, step['copy'])
        subprocess.run(['cp', '-rT', source, stage + '/copy'], check=True)
        subprocess.run(['chmod', '-R', 'u=rwX,go=rX', stage + '/copy'], check=True)
        tar = subprocess.Popen(['tar', '-c', '-C', stage + '/copy', '--owner=0', '--group=0', '.'], stdout=subprocess.PIPE)
        # The folders of the image keep their own owners and modes.
        subprocess.run(['tar', '-xp', '-C', root, '--no-overwrite-dir', '--keep-directory-symlink'], stdin=tar.stdout, check=True)
        if tar.wait() != 0:
            raise SystemExit(f"cannot copy {source}")
        shutil.rmtree(stage + '/copy')
    if 'host' in step:
        environment = {**os.environ, 'ROOT': root, 'STAGE': stage}
        subprocess.run(['sh', '-euc', step['host']], cwd=recipe, env=environment, check=True, stdout=2)
    if 'install' in step:
        chroot.run_inside(root, INSTALL + ' '.join(step['install']) + CLEAN, stage)
    if 'run' in step:
        chroot.run_inside(root, step['run'], stage)


def build_platform(recipe, work, platform):
    architecture = platform['architecture']
    root, stage = (os.path.join(work, f'{folder}-{architecture}') for folder in ('root', 'stage'))
    blobs = os.path.join(work, 'out/blobs/sha256')
    os.mkdir(root)
    os.mkdir(stage)
    layers = []
    if 'base' in platform:
        layers.append(start_from_base(root, blobs, platform['base']))
    for step in platform['steps']:
        before = snapshot(root)
        if 'packages' in step:
            os.mkdir(f'{stage}/apt')
            debian.unpack(root, architecture, step['packages'], f'{stage}/apt')
            shutil.rmtree(f'{stage}/apt')
        apply_step(recipe, root, stage, step)
        after = snapshot(root)
        changed, whiteouts = difference(before, after)
        layers.append((*write_layer(root, changed, whiteouts, blobs), step['line']))
        log(f'  {len(changed)} paths, {len(whiteouts)} whiteouts: {step["line"]}')
    size = subprocess.run(['du', '-sm', '--apparent-size', root], check=True, capture_output=True, text=True).stdout.split()[0]
    log(f'  linux/{architecture}: {len(layers)} layers, {size} MB unpacked')
    return write_image(blobs, architecture, platform['config'], layers)


def build_image(name, work):
    recipe = os.path.join(RECIPES, name)
    with open(os.path.join(recipe, 'recipe.json')) as file:
        description = json.load(file)
    images = [build_platform(recipe, work, platform) for platform in description['platforms']]
    write_layout(os.path.join(work, 'out'), description['tag'], images)


def main(names):
    os.umask(0o022)
    os.makedirs(CACHE, exist_ok=True)
    known = sorted(os.listdir(RECIPES))
    for name in names:
        if name not in known:
            raise SystemExit(f'there is no image {name}; there are {", ".join(known)}')
    for name in names or known:
        folder = f'{name}-{hash_of(*BASE, *BUILDER, os.path.join(RECIPES, name))}'
        if not os.path.isdir(os.path.join(CACHE, folder)):
            # Two suites at once build each image once.
            with open(os.path.join(CACHE, '.lock'), 'w') as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                cached(folder, lambda work: build_image(name, work))
        with open(os.path.join(RECIPES, name, 'recipe.json')) as file:
            print(name, os.path.join(CACHE, folder), json.load(file)['tag'], sep='\t', flush=True)


if __name__ == '__main__':
    main(sys.argv[1:])
