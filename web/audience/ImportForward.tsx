import { Navigate } from '@tanstack/react-router'
import { paths } from '../paths.ts'
import { ImportLoaded } from './ImportStep.tsx'
import { stepOf } from './imports.ts'

/** An import's own address leads to the step it stands at. */
export function ImportForward() {
  return <ImportLoaded>{(one) => <Navigate to={paths.importStep(one.id, stepOf(one))} replace />}</ImportLoaded>
}
