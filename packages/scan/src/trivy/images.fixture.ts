/** Files of the small images that `__fixtures__` were recorded from; see the README there. */
const stanza = (name: string, version: string, rest = '') =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n${rest}\n`

/** Three packages of Debian 12, of which two have known fixes and one carries an epoch that its source lacks. */
export const debianFiles: Readonly<Record<string, string>> = {
  'etc/os-release': 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
  'etc/debian_version': '12.15\n',
  'var/lib/dpkg/status':
    stanza('apt', '2.6.1') +
    stanza('bsdutils', '1:2.38.1-5+deb12u3', 'Source: util-linux (2.38.1-5+deb12u3)\n') +
    stanza('libexpat1', '2.5.0-1+deb12u2', 'Source: expat\n'),
}

/** No distribution, no package database. */
export const emptyFiles: Readonly<Record<string, string>> = { app: 'a static program\n' }

/** A distribution that Trivy does not know. */
export const unknownFiles: Readonly<Record<string, string>> = {
  ...debianFiles,
  'etc/os-release': 'ID=unheard-of\nVERSION_ID="1"\n',
  'etc/debian_version': '',
}

/** A release without support. */
export const oldFiles: Readonly<Record<string, string>> = {
  'etc/os-release': 'ID=alpine\nVERSION_ID=3.10.2\n',
  'etc/alpine-release': '3.10.2\n',
  'lib/apk/db/installed': 'P:musl\nV:1.1.22-r3\nA:x86_64\no:musl\n\n',
}
