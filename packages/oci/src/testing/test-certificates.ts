import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** PEM files of a small authority. */
export interface TestCertificates {
  readonly ca: string
  /** For `registry.test`, `other.test` and 127.0.0.1. */
  readonly server: { readonly cert: string; readonly key: string }
  /** For a client named `gate`, its key encrypted. */
  readonly client: { readonly cert: string; readonly key: string; readonly passphrase: string }
}

/** Makes certificates with the program `openssl`. */
export function testCertificates(): TestCertificates {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-tls-'))
  const file = (name: string): string => join(folder, name)
  const read = (name: string): string => readFileSync(file(name), 'utf8')
  const openssl = (...words: string[]): void => {
    execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  }
  const passphrase = 'open sesame'
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const sign = (name: string, subject: string, extension: string, keyOptions: readonly string[]): void => {
    writeFileSync(file(`${name}.ext`), extension)
    openssl(
      'req',
      ...newKey,
      ...keyOptions,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      subject,
    )
    const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2']
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...authority,
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.pem`,
    )
  }
  try {
    const root = ['-nodes', '-days', '2', '-subj', '/CN=test authority']
    openssl('req', '-x509', ...newKey, ...root, '-keyout', 'ca.key', '-out', 'ca.pem')
    const names = 'subjectAltName=DNS:registry.test,DNS:other.test,IP:127.0.0.1\n'
    sign('server', '/CN=registry.test', names, ['-nodes'])
    sign('client', '/CN=gate', 'extendedKeyUsage=clientAuth\n', ['-passout', `pass:${passphrase}`])
    return {
      ca: read('ca.pem'),
      server: { cert: read('server.pem'), key: read('server.key') },
      client: { cert: read('client.pem'), key: read('client.key'), passphrase },
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
