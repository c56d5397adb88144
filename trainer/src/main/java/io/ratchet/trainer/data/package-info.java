/** Training data: binary images, from files or drawn by the program, as lists of what is not 0. */
package io.ratchet.trainer.data;
