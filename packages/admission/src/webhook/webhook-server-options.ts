import type { Clock } from '@sallyport/core'
import type { Admission } from '../admission.ts'
import type { CertificateFiles } from './certificate-files.ts'
import type { MetricDescription } from './metrics.ts'
import type { WebhookEvent } from './webhook-event.ts'

/** Options of `createWebhookServer`. */
export interface WebhookServerOptions {
  /** Who decides: what `createAdmission` gives. It is not disposed with the server. */
  readonly admission: Pick<Admission, 'decideReview' | 'warm' | 'stats'>
  /** Where the certificate is; its names must hold the one of the Service, such as `sallyport-admission.sallyport.svc`. */
  readonly tls: WebhookTls
  /** Port; 0 chooses a free one. Default 8443. */
  readonly port?: number | undefined
  /** Address to listen on. Default: all. */
  readonly host?: string | undefined
  /** Largest body, in bytes. Default 3 MiB, which is what the API server sends at most. */
  readonly maxBodyBytes?: number | undefined
  /** Bytes of all bodies that are held at once; more are answered 503. Default 128 MiB. */
  readonly maxBufferedBytes?: number | undefined
  /** Reviews at once; more are answered 503. Default 2,000. */
  readonly maxReviews?: number | undefined
  /** Connections at once; more are closed. Default 4,000. */
  readonly maxConnections?: number | undefined
  /** How long the TLS handshake, and the headers of a request, may take, in milliseconds. Default 10,000. */
  readonly headersTimeoutMs?: number | undefined
  /** How long a body may take, in milliseconds. Default 5,000. */
  readonly bodyTimeoutMs?: number | undefined
  /** How long an idle connection is kept, in milliseconds. Default 120,000: longer than the API server keeps it. */
  readonly keepAliveMs?: number | undefined
  /** Time of a review whose request names no `timeout`, in milliseconds. Default 10,000, as in Kubernetes. */
  readonly defaultTimeoutMs?: number | undefined
  /**
   * What is kept of that time for the way back, in milliseconds: judging ends so long before the API server gives up.
   * Default 500; a third of the time when that is less.
   */
  readonly reserveMs?: number | undefined
  /** How often the certificate files are read, in milliseconds. Default 10,000. */
  readonly certificateCheckMs?: number | undefined
  /** Takes push events at `/warm`. Default: there is no such path. */
  readonly warm?: WarmOptions | undefined
  /** Whether reviews can be judged; `/readyz` asks. Default: always. */
  readonly isReady?: (() => boolean) | undefined
  /** More metrics by name, such as those of the source of revocations. */
  readonly metrics?: Readonly<Record<string, MetricDescription>> | undefined
  /** Sees what happens; what it throws is dropped. */
  readonly onEvent?: ((event: WebhookEvent) => void) | undefined
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined
}

/** How the webhook is reached. TLS 1.2 is the least. */
export interface WebhookTls extends CertificateFiles {
  /** Common names of client certificates that may ask for reviews. Default: whoever `clientAuthority` has signed. */
  readonly clientNames?: readonly string[] | undefined
}

/** How images are judged before they are asked for. */
export interface WarmOptions {
  /** Bearer tokens that may send events; at least 16 characters each. */
  readonly tokens: readonly string[]
  /** Images at once. Default 4. */
  readonly concurrency?: number | undefined
  /** Images that wait; more are dropped, and judged when they are asked for. Default 1,000. */
  readonly maxWaiting?: number | undefined
}
