import { jsonResponse, type RegistryResponse } from '../registry-response.ts'
import { paginate } from './paginate.ts'
import { type HandlerInput, methodNotAllowed, requireRepository } from './registry-context.ts'

/** `_catalog`: all repositories that hold a manifest or a blob. */
export async function handleCatalog(input: HandlerInput): Promise<RegistryResponse> {
  if (input.request.method !== 'GET' && input.request.method !== 'HEAD') methodNotAllowed(input)
  const { names, headers } = paginate(input, input.context.catalogue.names(), {
    maximum: 1000,
    oversized: 'clamped',
    linkDropsPrefix: false,
  })
  return jsonResponse(200, { repositories: names }, headers)
}

/** `tags/list` with `n`, `last` and `Link`. */
export async function handleTags(input: HandlerInput): Promise<RegistryResponse> {
  if (input.request.method !== 'GET' && input.request.method !== 'HEAD') methodNotAllowed(input)
  const { quirks } = input.context
  const tags = [...requireRepository(input).tags.keys()]
  if (quirks.ignoresPaging) return jsonResponse(200, { name: input.repository, tags })
  const { names, headers } = paginate(input, quirks.tagOrder === 'lexical' ? tags.sort() : tags, {
    maximum: quirks.tagsPageSize,
    oversized: quirks.oversizedPage,
    linkDropsPrefix: quirks.linkDropsPrefix,
  })
  return jsonResponse(200, { name: input.repository, tags: names }, headers)
}
