#!/usr/bin/env python3
"""
unpack.py LAYOUT TARGET [DIGEST] [ARCHITECTURE]: unpacks an image of an OCI layout into an empty folder.

Shares no code with the project's packages, so that it can be a witness of what they write. Every blob is hashed.
Prints {digest, architecture, config} of the platform's manifest as JSON.
"""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile


def blob(layout, descriptor):
    algorithm, _, name = descriptor['digest'].partition(':')
    path = os.path.join(layout, 'blobs', algorithm, name)
    with open(path, 'rb') as file:
        if hashlib.file_digest(file, algorithm).hexdigest() != name:
            raise SystemExit(f'{descriptor["digest"]} has other bytes')
    return path


def document(layout, descriptor):
    with open(blob(layout, descriptor)) as file:
        return json.load(file)


def manifest_of(layout, digest, architecture):
    with open(os.path.join(layout, 'index.json')) as file:
        top = json.load(file)
    descriptor = {'digest': digest} if digest else top['manifests'][0]
    value = document(layout, descriptor)
    if 'manifests' in value:
        fitting = [m for m in value['manifests'] if m.get('platform', {}).get('architecture') == architecture]
        if not fitting:
            raise SystemExit(f'{descriptor["digest"]} has no platform {architecture}')
        descriptor, value = fitting[0], document(layout, fitting[0])
    return descriptor['digest'], value


def decompressed(path, media_type, target):
    if media_type.endswith('gzip'):
        with gzip.open(path) as source, open(target, 'wb') as file:
            shutil.copyfileobj(source, file, 1 << 20)
    elif media_type.endswith('zstd'):
        with open(path, 'rb') as source, open(target, 'wb') as file:
            subprocess.run(['zstd', '-dc'], stdin=source, stdout=file, check=True)
    else:
        shutil.copyfile(path, target)


def place(root, name):
    """The path in the root, whose parents are real folders inside of it."""
    name = os.path.normpath('/' + name).lstrip('/')
    parent = os.path.realpath(os.path.join(root, os.path.dirname(name)))
    if os.path.commonpath([parent, root]) != root:
        raise SystemExit(f'{name} leaves the root')
    return os.path.join(parent, os.path.basename(name))


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def apply(root, tar):
    """Whiteouts speak of the layers below: they are done before anything of this layer is there."""
    with tarfile.open(tar) as archive:
        for member in archive:
            folder, base = os.path.split(os.path.normpath(member.name))
            if base == '.wh..wh..opq':
                target = place(root, folder + '/x')[:-2]
                for entry in os.listdir(target) if os.path.isdir(target) else []:
                    remove(os.path.join(target, entry))
            elif base.startswith('.wh.'):
                remove(place(root, os.path.join(folder, base.removeprefix('.wh.'))))
            elif base != '.' and not member.isdir():
                target = place(root, member.name)
                if os.path.isdir(target) and not os.path.islink(target):
                    remove(target)
    extract = ['tar', '-x', '-p', '-f', tar, '-C', root, '--same-owner', '--numeric-owner', '--exclude=.wh.*']
    subprocess.run([*extract, '--xattrs', '--xattrs-include=*'], check=True)


def main(layout, target, digest='', architecture='amd64'):
    os.makedirs(target, exist_ok=True)
    root = os.path.realpath(target)
    if os.listdir(root):
        raise SystemExit(f'{target} is not empty')
    os.chmod(root, 0o755)
    digest, manifest = manifest_of(layout, digest, architecture)
    config = document(layout, manifest['config'])
    diff_ids = config['rootfs']['diff_ids']
    if len(diff_ids) != len(manifest['layers']):
        raise SystemExit('the config has another number of diff ids than the manifest has layers')
    with tempfile.TemporaryDirectory(dir=os.path.dirname(root)) as work:
        for layer, diff_id in zip(manifest['layers'], diff_ids, strict=True):
            tar = os.path.join(work, 'layer.tar')
            decompressed(blob(layout, layer), layer['mediaType'], tar)
            with open(tar, 'rb') as file:
                if 'sha256:' + hashlib.file_digest(file, 'sha256').hexdigest() != diff_id:
                    raise SystemExit(f'{layer["digest"]} has not the diff id {diff_id}')
            apply(root, tar)
    json.dump({'digest': digest, 'architecture': config['architecture'], 'config': config['config']}, sys.stdout)


main(*sys.argv[1:])
