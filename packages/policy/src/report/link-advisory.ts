import { markup, type Html } from './markup.ts'

/** An id with a link to where it is described, for ids of a known form only: others may hold anything. */
export function linkAdvisory(id: string): Html {
  const target = /^CVE-\d{4}-\d{4,19}$/.test(id)
    ? `https://www.cve.org/CVERecord?id=${id}`
    : /^GHSA(?:-[0-9a-z]{4}){3}$/.test(id)
      ? `https://github.com/advisories/${id}`
      : undefined
  return target === undefined ? markup`<code>${id}</code>` : linkTo(target, id)
}

/** A link, where the target is one of the web or a relative one; of any other, such as `javascript:`, the text alone. */
export function linkTo(target: string, text: string): Html {
  const url = URL.parse(target, 'https://relative.invalid/')
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return markup`${text}`
  return markup`<a href="${target}" rel="noreferrer">${text}</a>`
}
