import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Image } from '@sallyport/image'
import { z } from 'zod'
import { HardenError } from '../errors.ts'
import { type CommandResult, runCommand } from './run-command.ts'
import type { SmokeCommand, SmokeResult, SmokeTest } from './smoke-test.ts'

/** Options of {@link kubernetesJobSmoke}. */
export interface KubernetesJobSmokeOptions extends SmokeCommand {
  /** By what reference the cluster pulls an image: push it, and give its name with its digest. */
  readonly reference: (image: Image) => string | Promise<string>
  /** Default `default`. */
  readonly namespace?: string | undefined
  /** More fields of the pod, e.g. `{ serviceAccountName: 'smoke' }`. Default none. */
  readonly pod?: Readonly<Record<string, unknown>> | undefined
  /** Default `kubectl`. */
  readonly executable?: string | undefined
  /** Environment of kubectl. Default: this process's. */
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** How often the job is looked at, in milliseconds. Default 2,000. */
  readonly intervalMs?: number | undefined
}

const statusSchema = z.object({
  status: z.object({ succeeded: z.number().optional(), failed: z.number().optional() }).optional(),
})
const callTimeoutMs = 60_000

/** Runs an image as a Kubernetes Job, by kubectl; the job is deleted afterwards. */
export function kubernetesJobSmoke({
  reference,
  command,
  timeoutMs = 60_000,
  namespace = 'default',
  pod = {},
  executable = 'kubectl',
  environment = { ...process.env } as Record<string, string>,
  intervalMs = 2000,
}: KubernetesJobSmokeOptions): SmokeTest {
  return {
    name: 'kubernetes-job',
    async run(image, { signal } = {}) {
      const name = `sallyport-smoke-${randomUUID()}`
      const job = renderSmokeJob({ name, image: await reference(image), command, timeoutMs, pod })
      const kubectl = (words: readonly string[], input?: string, ending?: AbortSignal) =>
        runCommand([executable, `--namespace=${namespace}`, ...words], {
          environment,
          timeoutMs: callTimeoutMs,
          input,
          signal: ending,
        })
      const call = async (words: readonly string[], input?: string) =>
        succeeded(words, await kubectl(words, input, signal))
      try {
        await call(['create', '--filename=-'], JSON.stringify(job))
        let status: SmokeResult['status'] = 'timed-out'
        // The cluster ends it in time; a little more for it to say so.
        for (let left = timeoutMs + 2 * intervalMs; left > 0; left -= intervalMs) {
          const found = statusSchema.parse(JSON.parse(await call(['get', 'job', name, '--output=json'])))
          if (found.status?.succeeded) status = 'passed'
          else if (found.status?.failed) status = 'failed'
          if (status !== 'timed-out') break
          await wait(intervalMs, undefined, { signal })
        }
        const logs = await kubectl(
          ['logs', `job/${name}`, '--tail=-1', '--limit-bytes=1048576'],
          undefined,
          signal,
        )
        return {
          status,
          exitCode: status === 'passed' ? 0 : undefined,
          stdout: logs.stdout,
          stderr: '',
          answers: [],
        }
      } finally {
        await kubectl(['delete', 'job', name, '--ignore-not-found', '--wait=false'])
      }
    },
  }
}

function succeeded(words: readonly string[], { exitCode, stdout, stderr }: CommandResult): string {
  if (exitCode === 0) return stdout
  throw new HardenError('SMOKE_UNAVAILABLE', `kubectl ${words[0]}: ${stderr.trim().slice(-500)}`)
}

/** What a job for a run is made of. */
export interface SmokeJob {
  /** Name of the job. */
  readonly name: string
  /** Reference that the cluster pulls. */
  readonly image: string
  /** What to run. Default: what the image says. */
  readonly command?: readonly string[] | undefined
  /** How long it may take, in milliseconds. */
  readonly timeoutMs: number
  /** More fields of the pod. */
  readonly pod?: Readonly<Record<string, unknown>> | undefined
}

/** The manifest of a Job that runs an image once, without a token of the cluster. */
export function renderSmokeJob({
  name,
  image,
  command,
  timeoutMs,
  pod = {},
}: SmokeJob): Readonly<Record<string, unknown>> {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'sallyport' } },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: Math.ceil(timeoutMs / 1000),
      ttlSecondsAfterFinished: 600,
      template: {
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          ...pod,
          containers: [{ name: 'smoke', image, ...(command && { command }) }],
        },
      },
    },
  }
}
