// After a change of page the focus goes to the new page's heading, even when the page still had to load.
let travelling = false

/** Called when the address changes to another page. */
export function depart() {
  travelling = true
}

/** Called by the heading of the page once it is there. */
export function arrive(heading: HTMLElement | null) {
  if (!travelling || !heading) return
  travelling = false
  heading.focus({ preventScroll: true })
}
