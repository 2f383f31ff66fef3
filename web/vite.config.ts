import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const server = process.env['LAST_WORD_URL'] ?? 'http://localhost:8080'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: { outDir: '../dist/web', emptyOutDir: true, chunkSizeWarningLimit: 700 },
  server: { proxy: Object.fromEntries(['/api', '/o', '/p', '/s', '/v', '/m'].map((path) => [`${path}/`, server])) },
})
