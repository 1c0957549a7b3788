import { runPython } from './run-python.ts'

/** Real images with an application each; each has a folder in `recipes/`. */
export const imageNames = ['web', 'python', 'node', 'static', 'multi'] as const

/** Real images of well-known services of Debian, of the point release alone: their security updates are pending. And roots of apk and rpm. */
export const serviceNames = [
  ...(['nginx', 'redis', 'java', 'postgresql', 'mariadb', 'haproxy', 'memcached'] as const),
  ...(['requests', 'php', 'apache', 'apk', 'rpm'] as const),
] as const
export type ImageName = (typeof imageNames)[number] | (typeof serviceNames)[number]

export interface ImageLayout {
  /** An OCI layout in the cache. Do not write to it: all suites share it. */
  readonly directory: string
  /** The one tag that the layout's index has. */
  readonly tag: string
}

/**
 * The OCI layout of an image; `many` is one of 1,500 packages for benchmarks. Builds it when the cache does not have it,
 * which takes up to some minutes.
 */
export async function imageLayout(
  name: ImageName | 'many',
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ImageLayout> {
  const output = await runPython('build.py', [name], { signal })
  const [built, directory, tag] = output.trim().split('\t')
  if (built !== name || directory === undefined || tag === undefined)
    throw new Error(`no layout in: ${output}`)
  return { directory, tag }
}
