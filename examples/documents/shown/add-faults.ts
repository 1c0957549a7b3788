import { faultOn, firstFault, registryFaults, type TestRegistry } from '@sallyport/testkit'

declare const registry: TestRegistry

registry.setRequestHook(
  firstFault(
    faultOn({ method: 'PATCH', nth: 2 }, registryFaults.cutRequest(1024)),
    faultOn({ kind: 'manifest', method: 'PUT', times: 2 }, registryFaults.tooManyRequests(1)),
  ),
)
