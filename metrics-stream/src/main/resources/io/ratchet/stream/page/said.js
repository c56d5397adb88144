// What a person who does not see the page is told, at the moment it happens.

export function say(text) {
  document.getElementById('said').textContent = text;
}
