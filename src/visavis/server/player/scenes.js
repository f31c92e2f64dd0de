// What a screen can show, as elements. Texts are set as text: nothing from the server is read as markup.

import { price, say } from "./texts.js";

const DECODE_TRIES = 2;

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** A decoded picture; rejects when it cannot be had. */
export async function picture(url) {
  for (let attempt = 1; ; attempt++) {
    const image = element("img", "art");
    image.alt = "";
    image.decoding = "async";
    image.src = url;
    try {
      await image.decode();
      return image;
    } catch (error) {
      if (attempt === DECODE_TRIES) throw error;
    }
  }
}

function words(item, language, testid) {
  const box = element("span", "words");
  box.lang = language;
  const title = element("span", "title", item.title[language]);
  if (testid) title.dataset.testid = testid;
  box.append(title, element("span", "text", item.text[language]));
  if (item.price !== null) box.append(element("span", "price", price(language, item.price, item.currency)));
  return box;
}

/** The shop about itself, while there is nothing for anybody in particular. */
export function houseScene(item, image, language) {
  const scene = element("section", "scene house");
  scene.dataset.testid = "house";
  scene.append(image, words(item, language));
  return scene;
}

/** Before the first word from the server, and for a shop that says nothing about itself. */
export function welcomeScene(language) {
  const scene = element("section", "scene welcome");
  scene.dataset.testid = "house";
  const logo = element("img", "logo");
  logo.src = "/static/shared/logo.svg";
  logo.alt = "visavis";
  logo.addEventListener("error", () => logo.remove());
  const greeting = element("p", "title", say(language, "welcome"));
  greeting.lang = language;
  scene.append(logo, greeting);
  return scene;
}

/** An offer: the whole card is the button. */
export function offerScene(item, image, language) {
  const scene = element("button", "scene offer");
  scene.type = "button";
  scene.dataset.testid = "offer";
  scene.dataset.item = item.id;
  const panel = element("span", "panel");
  const tap = element("span", "tap", say(language, "tap"));
  tap.dataset.testid = "offer-tap";
  tap.lang = language;
  const foot = element("span", "foot");
  foot.append(tap);
  panel.append(words(item, language, "offer-title"), foot);
  scene.append(image, panel);
  return scene;
}

/** The offer's words in another language; what was tapped stays tapped. */
export function speak(scene, item, language) {
  scene.querySelector(".words").replaceWith(words(item, language, "offer-title"));
  const tap = scene.querySelector(".tap");
  if (tap) {
    tap.textContent = say(language, "tap");
    tap.lang = language;
  }
}

export function thank(scene, language) {
  const thanks = element("span", "thanks");
  thanks.dataset.testid = "thanks";
  thanks.lang = language;
  thanks.setAttribute("role", "status");
  const said = element("span", "said");
  said.append(element("span", "big", say(language, "thanks")), element("span", "more", say(language, "thanks_more")));
  thanks.append(element("span", "tick"), said);
  scene.querySelector(".tap").replaceWith(thanks);
  scene.classList.add("tapped");
  scene.setAttribute("aria-disabled", "true");
}

export function messageScene(title, text, language) {
  const scene = element("section", "scene message");
  scene.lang = language;
  scene.setAttribute("role", "alert");
  scene.append(element("h1", "title", title), element("p", "text", text));
  return scene;
}
