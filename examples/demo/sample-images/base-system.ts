import type { RootFileSystem } from './root-file-system.ts'

/** What the maintainer scripts of the base packages would have left, and nothing else. */
export function configureBase(root: RootFileSystem): void {
  const copy = (from: string, to: string) => {
    const source = root.get(from)
    if (source?.content) root.put(to, { type: 'file', content: source.content })
  }
  // base-passwd: update-passwd
  copy('/usr/share/base-passwd/passwd.master', '/etc/passwd')
  copy('/usr/share/base-passwd/group.master', '/etc/group')
  // base-files
  copy('/usr/share/base-files/dot.profile', '/root/.profile')
  copy('/usr/share/base-files/dot.bashrc', '/root/.bashrc')
  copy('/usr/share/base-files/profile', '/etc/profile')
  copy('/usr/share/base-files/motd', '/etc/motd')
  for (const name of ['mnt', 'srv', 'opt', 'etc/opt', 'var/opt', 'media']) {
    root.put(`/${name}`, { type: 'directory' })
  }
  root.put('/run/lock', { type: 'directory', mode: 0o1777 })
  for (const [path, target] of [
    ['/var/run', '/run'],
    ['/var/lock', '/run/lock'],
    ['/etc/dpkg/origins/default', 'debian'],
    // mawk: update-alternatives
    ['/etc/alternatives/awk', '/usr/bin/mawk'],
    ['/etc/alternatives/nawk', '/usr/bin/mawk'],
    ['/usr/bin/awk', '/etc/alternatives/awk'],
    ['/usr/bin/nawk', '/etc/alternatives/nawk'],
  ] as const) {
    root.put(path, { type: 'symlink', target })
  }
  root.put('/var/lib/dpkg/alternatives/awk', {
    type: 'file',
    content: 'auto\n/usr/bin/awk\nnawk\n/usr/bin/nawk\n\n/usr/bin/mawk\n5\n/usr/bin/mawk\n\n',
  })
  // dpkg itself
  root.put('/var/lib/dpkg/info/format', { type: 'file', content: '1\n' })
  for (const name of ['available', 'diversions', 'statoverride']) {
    root.put(`/var/lib/dpkg/${name}`, { type: 'file', content: '' })
  }
}
