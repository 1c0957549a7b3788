import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '@sallyport/core'
import type { AdmissionError } from '../errors.ts'
import { type CertificateFiles, loadCertificate, type LoadedCertificate } from './certificate-files.ts'

/** The certificate that counts. */
export interface WatchedCertificate {
  readonly current: LoadedCertificate
  /** Why what is in the files now is not used; `undefined` when it is. */
  readonly problem: AdmissionError | undefined
  /** Reads the files; a changed pair that is right counts from now on, and one that is not changes nothing. */
  reload(): Promise<void>
  /** Reads the files every so many milliseconds until `signal` ends it. */
  watch(everyMs: number, signal: AbortSignal): Promise<void>
}

/** What is told about a certificate. */
export interface CertificateListener {
  readonly onLoaded: (certificate: LoadedCertificate) => void
  readonly onRefused: (error: AdmissionError) => void
}

/**
 * Loads the certificate and keeps it fresh. The files are compared by content: a Secret is swapped below a symbolic
 * link, which watching a file does not notice.
 *
 * @throws {AdmissionError} `CERTIFICATE_INVALID` when there is none to begin with.
 */
export async function watchCertificate(
  files: CertificateFiles,
  clock: Clock,
  { onLoaded, onRefused }: CertificateListener,
): Promise<WatchedCertificate> {
  let current = await loadCertificate(files, clock)
  let problem: AdmissionError | undefined
  const isSame = (other: LoadedCertificate): boolean =>
    other.cert === current.cert && other.key === current.key && other.ca === current.ca

  async function reload(): Promise<void> {
    let next: LoadedCertificate
    try {
      next = await loadCertificate(files, clock)
      if (!isSame(next)) onLoaded(next)
    } catch (cause) {
      const error = cause as AdmissionError
      // Said once for each reason, not at every look.
      if (problem?.message !== error.message) onRefused(error)
      problem = error
      return
    }
    current = next
    problem = undefined
  }

  return {
    get current() {
      return current
    },
    get problem() {
      return problem
    },
    reload,
    async watch(everyMs, signal) {
      while (!signal.aborted) {
        await wait(everyMs, undefined, { signal, ref: false }).catch(() => undefined)
        if (!signal.aborted) await reload()
      }
    },
  }
}
