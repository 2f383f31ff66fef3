import '@mantine/core/styles.css'
import '@mantine/dropzone/styles.css'
import '@mantine/notifications/styles.css'
import 'mantine-datatable/styles.css'
import './ui/app.css'
import './ui/parts.css'
import './ui/groups.css'
import { MantineProvider } from '@mantine/core'
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiFailure } from './api.ts'
import { paths } from './paths.ts'
import { router } from './routes.tsx'
import { depart } from './ui/arrival.ts'
import { theme } from './ui/theme.ts'
import { cssVariablesResolver } from './ui/variables.ts'

/** Whoever is not signed in any more signs in and comes back to the same page. */
function handleFailure(error: Error) {
  const { pathname, href } = router.state.location
  if (!(error instanceof ApiFailure) || error.code !== 'request.not_signed_in') return
  if (pathname !== '/sign-in' && pathname !== '/welcome') void router.navigate({ href: paths.signIn(href) })
}

const client = new QueryClient({
  queryCache: new QueryCache({ onError: handleFailure }),
  mutationCache: new MutationCache({ onError: handleFailure }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) =>
        failures < 2 && (!(error instanceof ApiFailure) || error.status === 0 || error.status >= 500),
    },
  },
})

router.subscribe('onBeforeNavigate', ({ pathChanged, fromLocation }) => {
  if (pathChanged && fromLocation) depart()
})

const root = document.getElementById('root')
if (!root) throw new Error('The page has no #root.')
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={cssVariablesResolver} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
