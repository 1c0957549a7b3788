import { markup } from '@sallyport/policy/report'
import { type PageSurroundings, renderConsolePage, type RenderedPage } from './console-page.ts'

/** Says why there is nothing else to see. */
export function renderMessagePage(
  { title, message }: { readonly title: string; readonly message: string },
  surroundings: PageSurroundings,
): RenderedPage {
  const { links } = surroundings
  return renderConsolePage(
    {
      title,
      body: markup`<h1>${title}</h1>
        <p role="alert">${message}</p>
        <p><a href="${links.list}">To the quarantine</a></p>`,
    },
    surroundings,
  )
}
