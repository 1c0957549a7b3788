/**
 * Indexes over the whole system: they name every package's files, so following them would keep everything. They are
 * filtered or left as they are, never followed.
 */
export function isIndexFile(path: string): boolean {
  return (
    path.startsWith('/var/lib/dpkg/') ||
    path.startsWith('/var/lib/apt/') ||
    /^(?:\/usr)?\/lib\/apk\//.test(path) ||
    path.startsWith('/etc/apk/') ||
    /^\/(?:var\/lib|usr\/lib\/sysimage|usr\/share)\/rpm\//.test(path) ||
    /^\/var\/lib\/(?:dnf|yum|zypp)\//.test(path) ||
    path.startsWith('/usr/lib/.build-id/') ||
    path.startsWith('/var/cache/') ||
    path.startsWith('/var/log/') ||
    path.startsWith('/usr/share/doc/') ||
    path.startsWith('/usr/share/man/') ||
    path.startsWith('/usr/share/info/') ||
    path.startsWith('/usr/share/locale/') ||
    path.startsWith('/proc/') ||
    path.startsWith('/sys/') ||
    path.startsWith('/dev/') ||
    indexFiles.has(path) ||
    path.endsWith('/gconv-modules') ||
    path.endsWith('/gconv-modules.cache')
  )
}

const indexFiles = new Set([
  '/etc/ld.so.cache',
  '/etc/shells',
  '/etc/passwd',
  '/etc/passwd-',
  '/etc/shadow',
  '/etc/shadow-',
  '/etc/group',
  '/etc/group-',
  '/etc/gshadow',
  '/etc/gshadow-',
  '/etc/mailcap',
])

/**
 * What an interpreter was built with, headers for building modules, and documentation: they name compilers and tools,
 * which nothing starts because of that.
 */
export const isDescription = (path: string): boolean =>
  /\/(?:Config_heavy\.pl|_sysconfigdata_[^/]*\.py|rbconfig\.rb|config-\d[^/]*\/Makefile|[^/]+\.(?:h|hpp|hh|pod|md|rst))$/.test(
    path,
  )

/**
 * Links and files that maintainer scripts made for packages, and that mean nothing once the package is gone: they keep
 * nothing, and leave when they would dangle.
 */
export function isGenerated(path: string): boolean {
  return (
    path.startsWith('/etc/alternatives/') ||
    /^\/etc\/rc[0-6S]\.d\//.test(path) ||
    /^\/etc\/systemd\/(?:system|user)\//.test(path) ||
    path.startsWith('/etc/ssl/certs/') ||
    path.startsWith('/etc/fonts/conf.d/') ||
    path.startsWith('/var/lib/systemd/') ||
    path.startsWith('/usr/share/man/') ||
    path.startsWith('/usr/share/doc/') ||
    path.startsWith('/usr/share/info/') ||
    path.endsWith('.pyc') ||
    isIndexFile(path)
  )
}

/** Caches and logs of the package manager; they always leave. */
export function isPackageManagerCache(path: string): boolean {
  return (
    (path.startsWith('/var/lib/apt/lists/') &&
      !path.endsWith('/lock') &&
      path !== '/var/lib/apt/lists/partial') ||
    /^\/var\/cache\/apt\/(?:[^/]+\.bin|archives\/[^/]+\.deb)$/.test(path) ||
    /^\/var\/log\/(?:dpkg|alternatives|bootstrap)\.log$/.test(path) ||
    /^\/var\/log\/apt\/./.test(path) ||
    /^\/var\/cache\/debconf\/.*-old$/.test(path) ||
    /^\/var\/lib\/dpkg\/[a-z]+-old$/.test(path) ||
    /^\/var\/cache\/apk\/[^/]+\.(?:tar\.gz|apk)$/.test(path) ||
    /^\/var\/cache\/(?:dnf|yum|libdnf5|tdnf|zypp)\/./.test(path) ||
    /^\/var\/log\/(?:(?:dnf|dnf\.librepo|dnf\.rpm|dnf5|hawkey|yum|zypper)\.log$|zypp\/.)/.test(path) ||
    path === '/var/cache/ldconfig/aux-cache'
  )
}
