import { plainText } from './plain-text.ts'
import { readImageId } from './read-image-id.ts'
import type { ReportedImage } from './reported-image.ts'

const maxLength = 1024

/** What is told of one container; absent and empty fields are the same. */
export interface ToldImage {
  readonly cluster?: string | null | undefined
  readonly namespace?: string | null | undefined
  readonly workload?: string | null | undefined
  readonly container?: string | null | undefined
  readonly platform?: string | null | undefined
  readonly image?: string | null | undefined
  readonly imageID?: string | null | undefined
}

/** `undefined` when it names no image at all. An image that can't be read is one that runs and is not known. */
export function reportImage(told: ToldImage): ReportedImage | undefined {
  const field = (name: keyof ToldImage): string | undefined => {
    const text = plainText(told[name] ?? '', maxLength)
    return text === '' ? undefined : text
  }
  const imageId = field('imageID')
  const reference = field('image') ?? imageId
  if (reference === undefined) return undefined
  return {
    cluster: field('cluster'),
    namespace: field('namespace'),
    workload: field('workload') ?? 'unnamed',
    container: field('container'),
    platform: field('platform'),
    reference,
    ...(imageId && readImageId(imageId)),
  }
}
