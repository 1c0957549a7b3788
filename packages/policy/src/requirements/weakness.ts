import type { Weakness } from '@sallyport/scan'

/** Whether it counts: what only a scanner set aside does, as with findings. */
export function countsWeakness({ suppressed }: Weakness): boolean {
  return suppressed === undefined || suppressed.kind === 'scanner'
}

/** What and where it is, in one line; never what the scanner saw there. */
export function nameWeakness({ id, title, path, startLine }: Weakness): string {
  const place = path === undefined ? '' : ` in ${path}${startLine === undefined ? '' : `:${startLine}`}`
  return `${id}: ${title}${place}`
}
