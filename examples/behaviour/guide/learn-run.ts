import { createReadStream } from 'node:fs'
import type { Image } from '@sallyport/image'
import {
  type LearningProfile,
  learnProfile,
  readStraceEvents,
  type RunPhase,
} from '@sallyport/runtime/behaviour'

/** What one life of a container did, by a recording of `strace -f -ttt -yy` from its start to its end. */
export function learnRun(
  image: Image,
  file: string,
  run: string,
  phases: readonly RunPhase[],
): Promise<LearningProfile> {
  return learnProfile(readStraceEvents(createReadStream(file), { workingDirectory: '/' }), {
    family: 'prod.example/shop/cart',
    workload: 'shop/deployment/cart',
    image: image.raw.descriptor.digest,
    run,
    observes: ['exec', 'open', 'connect', 'listen', 'syscall'],
    manifest: { find: (path) => (image.tree.resolve(path)?.type === 'file' ? {} : undefined) },
    phases,
  })
}
