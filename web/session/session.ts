import { useQuery } from '@tanstack/react-query'
import { me, setup } from '../../src/accounts/session.contract.ts'
import { get } from '../api.ts'

/** Who is signed in, and to which account. */
export const meQuery = { queryKey: ['me'], queryFn: () => get('/me', me), staleTime: 60_000 }
export const useMe = () => useQuery(meQuery)

/** Whether this installation still waits for its owner. */
export const useSetup = () => useQuery({ queryKey: ['setup'], queryFn: () => get('/setup', setup), retry: false })
