import { html } from '../optouts/html.ts'
import type { Frame } from '../optouts/page.ts'
import type { ShownForm } from './form-shown.ts'
import { EMPTY, formParts } from './sign-up-form.ts'
import { signUpWords } from './sign-up-words.ts'

/**
 * The form as plain HTML for another site: no script, no style, posts to the hosted page.
 *
 * It cannot say when it was shown, so the hosted page asks to press the button once more (AB-5).
 */
export function embedCode(frame: Frame, form: ShownForm, baseUrl: string): string {
  const words = signUpWords(frame.language)
  return html`<form method="post" action="${baseUrl}/s/${form.path}?lang=${frame.language}" lang="${frame.language}">
${formParts(frame, form, EMPTY)}
<button type="submit">${words.signUp}</button>
</form>
`.markup.replace('<p class="trap" aria-hidden="true">', '<p hidden>')
}
