import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'

/** Programs that start what their own configuration names, or change the system: nothing can be told of their use. */
const refused = /(?:^|\/)(?:systemd|init|runsvdir|s6-svscan|supervisord|apt|apt-get|dpkg|aptitude)$/

/** Why an image can't be hardened without guessing; `undefined` when it can. */
export function findRefusal(
  { config, tree }: Pick<Image, 'config' | 'tree'>,
  inventory: Inventory,
): string | undefined {
  const words = [...(config.config?.Entrypoint ?? []), ...(config.config?.Cmd ?? [])]
  const program = words.find((word) => refused.test(word) || refused.test(tree.resolve(word)?.path ?? ''))
  if (program) return `${program} starts what can't be known from outside`
  if (!inventory.packages.some(({ type }) => type === 'deb')) return 'the image has no dpkg packages'
  const unreadable = inventory.gaps.find(({ code }) => code === 'UNREADABLE')
  if (unreadable) return `the package database can't be trusted: ${unreadable.message}`
  return undefined
}
