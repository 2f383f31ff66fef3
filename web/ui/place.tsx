import { createContext, useContext } from 'react'

/** Where the reader is: the account whose pages these are, and its time zone. */
export type Place = { account: string; zone: string }

const PlaceContext = createContext<Place>({ account: '', zone: 'UTC' })
export const PlaceProvider = PlaceContext.Provider
export const usePlace = () => useContext(PlaceContext)
