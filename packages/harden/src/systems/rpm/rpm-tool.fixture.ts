import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Image } from '@sallyport/image'
import type { FileDescription } from '@sallyport/testkit'

/** Whether rpm runs here and may install below another root. */
export const canInstall: boolean =
  process.getuid?.() === 0 &&
  ['rpm', 'rpmbuild', 'rpmdb'].every((program) => {
    try {
      execFileSync(program, ['--version'], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  })

/** Packages of a small distribution, as a specification for rpmbuild. */
export const specification = `
%global __os_install_post %{nil}
Name: sample-release
Version: 9
Release: 1
Summary: Sample
License: MIT
BuildArch: noarch
%description
Sample
%package -n shell
Summary: Sample
Provides: /bin/sh
Provides: posix-shell = 5.2-1
%description -n shell
Sample
%package -n app
Summary: Sample
Requires: /bin/sh
Requires: posix-shell >= 5
Requires: (app-data = 9-1 or app-fallback)
Requires: (locale-pack if locale-base)
Requires: (absent if other-absent)
Requires(post): helper
%description -n app
Sample
%package -n app-data
Summary: Sample
%description -n app-data
Sample
%package -n app-fallback
Summary: Sample
%description -n app-fallback
Sample
%package -n locale-base
Summary: Sample
%description -n locale-base
Sample
%package -n locale-pack
Summary: Sample
%description -n locale-pack
Sample
%package -n helper
Summary: Sample
Requires: /usr/share/helper/needed
%description -n helper
Sample
%package -n helper-files
Summary: Sample
%description -n helper-files
Sample
%package -n unused
Summary: Sample
Requires: unused-libs%{?_isa} = %{version}-%{release}
%description -n unused
Sample
%package -n unused-libs
Summary: Sample
Provides: unused-libs%{?_isa} = %{version}-%{release}
%description -n unused-libs
Sample
%install
for name in usr/bin usr/share/helper usr/share/unused usr/share/doc/app usr/share/app etc var/log; do mkdir -p %{buildroot}/$name; done
printf 'ID=fedora\\nVERSION_ID=41\\n' > %{buildroot}/etc/os-release
for name in sh app unused; do printf '#!/usr/bin/sh\\n# %s\\n' $name > %{buildroot}/usr/bin/$name; chmod 755 %{buildroot}/usr/bin/$name; done
for path in helper/needed helper/other unused/data unused/lib doc/app/README app/data app/fallback app/pack app/base; do echo $path > %{buildroot}/usr/share/$path; done
echo key=value > %{buildroot}/etc/unused.conf
touch %{buildroot}/var/log/unused.log
ln -s unused %{buildroot}/usr/bin/unused-link
%files
/etc/os-release
%files -n shell
/usr/bin/sh
%files -n app
/usr/bin/app
%doc /usr/share/doc/app/README
%files -n app-data
/usr/share/app/data
%files -n app-fallback
/usr/share/app/fallback
%files -n locale-base
/usr/share/app/base
%files -n locale-pack
/usr/share/app/pack
%files -n helper
/usr/share/helper/other
%files -n helper-files
%dir /usr/share/helper
/usr/share/helper/needed
%files -n unused
/usr/bin/unused
%ghost /usr/bin/unused-link
%ghost /var/log/unused.log
%config(noreplace) /etc/unused.conf
%dir /usr/share/unused
/usr/share/unused/data
%files -n unused-libs
/usr/share/unused/lib
`

/** Runs a program of rpm on the root of an installed system. */
export function runRpm(root: string, program: string, ...more: readonly string[]): string {
  const define = ['--define', '_db_backend sqlite', '--dbpath', '/var/lib/rpm', '--root', root]
  return execFileSync(program, [...define, ...more], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Builds the packages of {@link specification} and installs them below a folder. Gives its root. */
export function installSample(folder: string): string {
  writeFileSync(join(folder, 'sample.spec'), specification)
  execFileSync(
    'rpmbuild',
    ['--define', `_topdir ${folder}/build`, '-bb', '--nodeps', join(folder, 'sample.spec')],
    {
      stdio: 'ignore',
    },
  )
  const built = readdirSync(join(folder, 'build/RPMS/noarch')).map((name) =>
    join(folder, 'build/RPMS/noarch', name),
  )
  const root = join(folder, 'root')
  mkdirSync(join(root, 'usr/bin'), { recursive: true })
  symlinkSync('usr/bin', join(root, 'bin'))
  runRpm(root, 'rpm', '--initdb')
  runRpm(root, 'rpm', '-i', '--nodeps', '--noscripts', ...built)
  // As update-alternatives makes them.
  mkdirSync(join(root, 'etc/alternatives'))
  symlinkSync('/etc/alternatives/unused', join(root, 'usr/bin/unused-link'))
  symlinkSync('/usr/bin/unused', join(root, 'etc/alternatives/unused'))
  return root
}

/** All below a folder, as a layer. */
export function describeFolder(root: string): Record<string, FileDescription> {
  const files: Record<string, FileDescription> = {}
  const walk = (path: string) => {
    for (const name of readdirSync(join(root, path)).toSorted()) {
      const at = `${path}/${name}`
      const status = lstatSync(join(root, at))
      const common = { mode: status.mode & 0o7777, mtime: Math.floor(status.mtimeMs / 1000) }
      if (status.isSymbolicLink()) files[at] = { ...common, symlink: readlinkSync(join(root, at)) }
      else if (status.isFile()) files[at] = { ...common, content: readFileSync(join(root, at)) }
      else {
        files[at] = { ...common, directory: true }
        walk(at)
      }
    }
  }
  walk('')
  return files
}

/** Writes the files of an image below a folder. */
export async function unpack(image: Image, root: string): Promise<void> {
  const nodes = [...image.tree.entries()].filter(({ path }) => path !== '/')
  for (const node of nodes) {
    const path = join(root, node.path)
    mkdirSync(dirname(path), { recursive: true })
    if (node.type === 'directory') mkdirSync(path, { recursive: true })
    else if (node.type === 'symlink') symlinkSync(node.linkTarget!, path)
    else writeFileSync(path, await image.readFile(node))
    if (node.type !== 'symlink') chmodSync(path, node.mode & 0o7777)
  }
  for (const { path, type, mtime } of nodes.toReversed()) {
    const set = type === 'symlink' ? lutimesSync : utimesSync
    set(join(root, path), mtime, mtime)
  }
}
