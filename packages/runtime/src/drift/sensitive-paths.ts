import type { DriftFlag } from './drift-finding.ts'
import type { PresentFile } from './file-observation.ts'

const accounts = new Set(['passwd', 'shadow', 'group', 'gshadow', 'subuid', 'subgid'])
const databases = [
  '/var/lib/dpkg/',
  '/lib/apk/db/',
  '/usr/lib/apk/db/',
  '/var/lib/apk/db/',
  '/var/lib/rpm/',
  '/usr/lib/sysimage/rpm/',
  '/var/lib/pacman/local/',
]
const databaseFiles = new Set(['/var/lib/dpkg/status', '/lib/apk/db/installed', '/usr/lib/apk/db/installed'])
const jobs = [
  '/etc/cron',
  '/var/spool/cron/',
  '/etc/systemd/system/',
  '/etc/init.d/',
  '/etc/rc',
  '/etc/periodic/',
]
const certificates = [
  '/etc/ssl/certs/',
  '/etc/pki/',
  '/etc/ca-certificates',
  '/usr/local/share/ca-certificates/',
  '/usr/share/ca-certificates/',
  '/etc/ssl/cert.pem',
]

/** {@link sensitivityOf} of what is there: a link that stands for a directory is as sensitive as what is looked for in it. */
export const sensitivityOfEntry = ({
  path,
  type,
}: Pick<PresentFile, 'path' | 'type'>): DriftFlag | undefined =>
  sensitivityOf(path) ?? (type === 'symlink' ? sensitivityOf(`${path}/`) : undefined)

/** What a path is that is never ignored, wherever it is declared to be writable; `undefined` for all others. */
export function sensitivityOf(path: string): DriftFlag | undefined {
  if (path.startsWith('/etc/')) {
    const name = path.slice('/etc/'.length)
    // Editors and tools keep the one before as `passwd-`.
    if (accounts.has(name.replace(/-$/, ''))) return 'account-database'
    if (/^sudoers($|\.d\/)/.test(name) || /^pam\.(conf|d\/)/.test(name) || name.startsWith('security/'))
      return 'sudo-rules'
    if (/^ld\.so\.(preload|conf|cache)/.test(name)) return 'preload'
  }
  if (/\/\.ssh\/(authorized_keys2?|rc|environment)?$/.test(path) || path.startsWith('/etc/ssh/'))
    return 'authorized-keys'
  if (jobs.some((start) => path.startsWith(start))) return 'scheduled-job'
  if (certificates.some((start) => path.startsWith(start))) return 'trusted-certificates'
  if (isPackageDatabase(path)) return 'package-database'
  return undefined
}

/** Whether a package manager keeps what is installed here; its locks and caches are not meant. */
function isPackageDatabase(path: string): boolean {
  if (/\/(lock|lock-frontend|\.rpm\.lock|triggers\/Lock|daily-lock)$/.test(path)) return false
  return databaseFiles.has(path) || databases.some((start) => path.startsWith(start))
}
