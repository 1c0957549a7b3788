import { findAmbiguousKey } from '@sallyport/core'
import type { ImageConfig } from '../config.schema.ts'

const imageNames = [
  'created',
  'author',
  'architecture',
  'os',
  'os.version',
  'os.features',
  'variant',
  'config',
  'rootfs',
  'history',
]
const rootfsNames = ['type', 'diff_ids']
const historyNames = ['created', 'created_by', 'author', 'comment', 'empty_layer']
/** Of the OCI image specification, config.md, and of Docker's image specification v1.2 and later. */
const executionNames = [
  'User',
  'ExposedPorts',
  'Env',
  'Entrypoint',
  'Cmd',
  'Volumes',
  'WorkingDir',
  'Labels',
  'StopSignal',
  'StopTimeout',
  'ArgsEscaped',
  'Healthcheck',
  'OnBuild',
  'Shell',
]
const healthNames = ['Test', 'Interval', 'Timeout', 'StartPeriod', 'StartInterval', 'Retries']

/**
 * Looks for what two readers would read differently in an image's config: a runtime written in Go takes `user` for `User`,
 * and would run what nobody judged. Answers what is wrong.
 *
 * @param text The JSON text of `config`, valid.
 */
export function findAmbiguousConfig(text: string, image: ImageConfig): string | undefined {
  const { config, rootfs, history } = image
  return findAmbiguousKey(text, image, [
    { objects: [image], names: imageNames },
    { objects: [rootfs], names: rootfsNames },
    { objects: history ?? [], names: historyNames },
    { objects: config ? [config] : [], names: executionNames },
    { objects: config?.Healthcheck ? [config.Healthcheck] : [], names: healthNames },
  ])
}
