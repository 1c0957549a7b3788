"""Root file systems of Debian packages, from whatever sources the machine's own apt uses."""

import glob
import hashlib
import os
import shutil
import subprocess

# As in the slim images: no manuals and translations, but every copyright file.
EXCLUDED = ['/usr/share/man/*', '/usr/share/info/*', '/usr/share/locale/*', '/usr/share/doc/*']
# tar cannot leave out all of a folder but the copyright files.
LEFT_OUT = [path for path in EXCLUDED if 'doc' not in path]
INCLUDED = ['/usr/share/doc/*/copyright', '/usr/share/locale/locale.alias']

# What the recipes start from. `debian` is up to date. `release` is what the point release was on its day, with the
# security updates since then pending; as mmdebstrap's variant `apt` has it, with usrmerge and its perl.
BASES = {
    'debian': {
        'variant': 'minbase',
        # Merged from the start, as Debian's own images are, and so without usrmerge and its perl.
        'options': ['--include=usr-is-merged', '--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr'],
        'updates': True,
    },
    'release': {'variant': 'apt', 'options': [], 'updates': False},
}


def sources(updates=True):
    """(codename, lines of a sources.list) of the Debian archives that this machine uses; or of the release alone."""
    form = '$(REPO_URI)\t$(RELEASE)\t$(COMPONENT)'
    command = ['apt-get', 'indextargets', '--format', form, 'Identifier: Packages', 'Origin: Debian']
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if not output.strip():
        subprocess.run(['apt-get', 'update', '-q'], check=True, stdout=2)
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    entries = sorted({tuple(line.split('\t')) for line in output.splitlines()}, key=lambda e: (len(e[1]), e))
    if not entries:
        raise SystemExit("apt knows no Debian archive on this machine")
    codename = entries[0][1]
    lines = [f'deb {uri} {release} {component}' for uri, release, component in entries if updates or release == codename]
    return codename, lines


def bootstrap(root, base):
    """A minimal Debian of this machine's architecture, its maintainer scripts run by mmdebstrap."""
    codename, lines = sources(BASES[base]['updates'])
    options = [f'--dpkgopt=path-exclude={path}' for path in EXCLUDED]
    options += [f'--dpkgopt=path-include={path}' for path in INCLUDED]
    subprocess.run(
        [
            *['mmdebstrap', '--quiet', '--mode=root', '--format=directory'],
            *[f'--variant={BASES[base]["variant"]}', *BASES[base]['options']],
            *[*options, '--aptopt=APT::Install-Recommends "false"'],
            *[codename, root, '-'],
        ],
        input='\n'.join(lines) + '\n',
        text=True,
        check=True,
        stdout=2,
    )
    empty(os.path.join(root, 'dev'))
    # No service starts while packages are installed into the image.
    policy = os.path.join(root, 'usr/sbin/policy-rc.d')
    with open(policy, 'w') as file:
        file.write('#!/bin/sh\nexit 101\n')
    os.chmod(policy, 0o755)


def empty(folder):
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)


def unpack(root, architecture, packages, work):
    """
    Debian packages of an architecture whose programs cannot run here: downloaded and checked by apt, unpacked by
    dpkg-deb, and entered into dpkg's database as installed. Maintainer scripts are kept there but have not run; the
    little of theirs that the image needs (accounts, os-release links) is done below.
    """
    _, lines = sources()
    state, cache = os.path.join(work, 'state'), os.path.join(work, 'cache')
    for folder in (f'{state}/lists/partial', f'{cache}/archives/partial', f'{work}/empty'):
        os.makedirs(folder)
    open(f'{state}/status', 'w').close()
    with open(f'{work}/sources.list', 'w') as file:
        file.write('\n'.join(line.replace('deb ', f'deb [arch={architecture}] ', 1) for line in lines) + '\n')
    settings = {
        'APT::Architecture': architecture,
        'APT::Architectures': architecture,
        'APT::Sandbox::User': 'root',
        'APT::Install-Recommends': 'false',
        'APT::Keep-Downloaded-Packages': 'true',
        'Dir::State': state,
        'Dir::State::status': f'{state}/status',
        'Dir::Cache': cache,
        'Dir::Etc::sourcelist': f'{work}/sources.list',
        'Dir::Etc::sourceparts': f'{work}/empty',
    }
    apt = ['apt-get', '-q', '-y', *[f'-o{name}={value}' for name, value in settings.items()]]
    subprocess.run([*apt, 'update'], check=True, stdout=2)
    subprocess.run([*apt, 'install', '--download-only', *packages], check=True, stdout=2)

    for name in ('bin', 'sbin', 'lib'):
        os.makedirs(f'{root}/usr/{name}')
        os.symlink(f'usr/{name}', f'{root}/{name}')
    info = f'{root}/var/lib/dpkg/info'
    os.makedirs(info)
    # dpkg reads the files of a package that may be there for several architectures as NAME:ARCHITECTURE.*
    # only in this format of its database.
    with open(f'{info}/format', 'w') as file:
        file.write('1\n')
    os.makedirs(f'{root}/etc/dpkg/dpkg.cfg.d')
    with open(f'{root}/etc/dpkg/dpkg.cfg.d/excludes', 'w') as file:
        file.writelines(f'path-exclude={path}\n' for path in LEFT_OUT)
    stanzas = []
    for archive in sorted(glob.glob(f'{cache}/archives/*.deb')):
        stanzas.append(unpack_package(root, archive, info))
    with open(f'{root}/var/lib/dpkg/status', 'w') as file:
        file.write('\n'.join(stanzas))
    with open(f'{root}/var/lib/dpkg/arch', 'w') as file:
        file.write(f'{architecture}\n')
    for name in ('passwd', 'group'):
        shutil.copyfile(f'{root}/usr/share/base-passwd/{name}.master', f'{root}/etc/{name}')
    for folder, mode in (('dev', 0o755), ('proc', 0o755), ('tmp', 0o1777), ('run', 0o755)):
        os.makedirs(f'{root}/{folder}', exist_ok=True)
        os.chmod(f'{root}/{folder}', mode)
    shell = f'{root}/usr/bin/sh'
    if not os.path.lexists(shell) and os.path.exists(f'{root}/usr/bin/dash'):
        os.symlink('dash', shell)


def unpack_package(root, archive, info):
    """Unpacks one package; returns its stanza in dpkg's status file."""
    left_out = [f'--exclude=.{path}' for path in LEFT_OUT]
    contents = subprocess.run(['dpkg-deb', '--fsys-tarfile', archive], check=True, capture_output=True).stdout
    extract = ['tar', '-x', '-p', '-C', root, '--same-owner', '--numeric-owner', '--keep-directory-symlink']
    subprocess.run([*extract, *left_out], input=contents, check=True)
    names = subprocess.run(['tar', '-t'], input=contents, check=True, capture_output=True).stdout.decode()

    fields = subprocess.run(['dpkg-deb', '-f', archive], check=True, capture_output=True, text=True).stdout
    first, rest = fields.split('\n', 1)
    values = dict(line.split(': ', 1) for line in fields.splitlines() if ': ' in line and line[0] != ' ')
    name = values['Package']
    if values.get('Multi-Arch') == 'same':
        name += ':' + values['Architecture']
    with open(f'{info}/{name}.list', 'w') as file:
        for path in names.splitlines():
            file.write((path.removeprefix('.').rstrip('/') or '/.') + '\n')
    control = f'{info}/{name}.control.d'
    subprocess.run(['dpkg-deb', '-e', archive, control], check=True)
    conffiles = ''
    for entry in os.listdir(control):
        if entry == 'conffiles':
            conffiles = conffile_lines(root, f'{control}/conffiles')
        if entry != 'control':
            os.rename(f'{control}/{entry}', f'{info}/{name}.{entry}')
    shutil.rmtree(control)
    # Description, like all other fields, may come last: Conffiles go right behind the status.
    return f'{first}\nStatus: install ok installed\n{conffiles}{rest}'


def conffile_lines(root, listing):
    lines = 'Conffiles:\n'
    with open(listing) as file:
        for path in file.read().split('\n'):
            if path.startswith('/'):
                with open(root + path, 'rb') as content:
                    lines += f' {path} {hashlib.file_digest(content, "md5").hexdigest()}\n'
    return lines
