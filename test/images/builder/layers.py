"""One layer: what changed between two states of a root file system, as a gzipped tar with OCI whiteouts."""

import gzip
import hashlib
import os
import stat
import subprocess
import tempfile

# Later times are clamped to this one, so that the same tree gives the same bytes.
EPOCH = 1_793_491_200  # 2026-11-01T00:00:00Z


def snapshot(root):
    """Every path below root with what changes whenever its content or its metadata does."""
    state = {}
    for folder, directories, files in os.walk(root):
        for name in directories + files:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            directory = stat.S_ISDIR(status.st_mode)
            state[os.path.relpath(path, root)] = (status.st_ino, status.st_ctime_ns, directory)
    return state


def difference(before, after):
    """(changed paths, whiteouts), each relative to the root."""
    changed = {path for path, state in after.items() if before.get(path) != state}
    gone = {path for path in before if path not in after}
    kept_below, gone_below = set(), {}
    for path in after:
        if path not in changed:
            kept_below.update(parents(path))
    whiteouts = set()
    for path in gone:
        parent = os.path.dirname(path)
        # Nothing to say about what lay in a folder that is gone itself, or that is no folder any more.
        if parent == '' or after.get(parent, (0, 0, False))[2]:
            gone_below.setdefault(parent, []).append(path)
    for parent, paths in gone_below.items():
        # A folder that keeps nothing of what it had is opaque, as it is after `rm -rf dir && mkdir dir`.
        if parent != '' and len(paths) > 1 and parent not in kept_below:
            whiteouts.add(os.path.join(parent, '.wh..wh..opq'))
        else:
            whiteouts.update(os.path.join(parent, '.wh.' + os.path.basename(path)) for path in paths)
    for path in whiteouts:
        changed.update(parents(path))
    return changed, whiteouts


def parents(path):
    while path := os.path.dirname(path):
        yield path


def write_layer(root, changed, whiteouts, blobs):
    """Writes the layer into the folder of blobs; returns its descriptor and its diff id."""
    times = {}
    for path in whiteouts:
        full = os.path.join(root, path)
        folder = os.path.dirname(full)
        status = os.stat(folder)
        times.setdefault(folder, (status.st_atime_ns, status.st_mtime_ns))
        open(full, 'x').close()
    for folder, ns in times.items():
        os.utime(folder, ns=ns)
    names = sorted(changed | whiteouts, key=lambda path: path.split('/'))
    names = [name for name in names if not stat.S_ISSOCK(os.lstat(os.path.join(root, name)).st_mode)]
    unfinished = os.path.join(blobs, f'layer.{os.getpid()}')
    diff_id = hashlib.sha256()
    with tempfile.NamedTemporaryFile() as listing:
        listing.write(b''.join(os.fsencode(name) + b'\0' for name in names))
        listing.flush()
        tar = subprocess.Popen(
            [
                *['tar', '--create', '--directory', root, '--format=pax', '--numeric-owner'],
                '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
                *[f'--mtime=@{EPOCH}', '--clamp-mtime', '--xattrs', '--xattrs-include=*'],
                *['--no-recursion', '--null', '--verbatim-files-from', f'--files-from={listing.name}'],
            ],
            stdout=subprocess.PIPE,
        )
        with open(unfinished, 'wb') as file, gzip.GzipFile('', 'wb', 6, file, mtime=0) as zipped:
            while chunk := tar.stdout.read(1 << 20):
                diff_id.update(chunk)
                zipped.write(chunk)
        if tar.wait() != 0:
            raise SystemExit(f'tar ended with {tar.returncode}')
    for path in whiteouts:
        os.unlink(os.path.join(root, path))
    for folder, ns in times.items():
        os.utime(folder, ns=ns)
    descriptor = keep(blobs, unfinished, 'application/vnd.oci.image.layer.v1.tar+gzip')
    return descriptor, f'sha256:{diff_id.hexdigest()}'


def keep(blobs, file, media_type):
    """Gives a blob its name."""
    with open(file, 'rb') as content:
        digest = hashlib.file_digest(content, 'sha256').hexdigest()
    os.rename(file, os.path.join(blobs, digest))
    size = os.path.getsize(os.path.join(blobs, digest))
    return {'mediaType': media_type, 'digest': f'sha256:{digest}', 'size': size}
