import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Makes a certificate for 127.0.0.1 that vouches for itself, with the program `openssl`. */
export function testCertificate(): { readonly cert: string; readonly key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-tls-'))
  try {
    execFileSync(
      'openssl',
      (
        'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=syslog ' +
        '-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem'
      ).split(' '),
      { cwd: folder, stdio: 'pipe' },
    )
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
    return { cert: read('cert.pem'), key: read('key.pem') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
