//! Candidates' photos: brought into one form, whatever was sent, and kept in an object store.

use std::borrow::Cow;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{
    DynamicImage, GenericImageView, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbaImage,
};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use thiserror::Error;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Bytes that a sent file may have.
pub const FILE_LIMIT: usize = 5 * 1024 * 1024;
/// Pixels that a sent image may have in all; what fits in 5 MiB seldom has more.
const PIXEL_LIMIT: u64 = 36_000_000;
/// Pixels that a side of a sent image may have.
const SIDE_LIMIT: u32 = 20_000;
/// Bytes that a decoder may allocate: four for each pixel, and as much as a small image on top.
const ALLOCATION_LIMIT: u64 = 192 * 1024 * 1024;
/// Pixels of each side of a kept photo, unless the sent one was smaller.
const SIDE: u32 = 512;
/// Visibly the same as the original, at some 60 kB.
const JPEG_QUALITY: u8 = 85;
/// Photos prepared at once; the rest of the machine belongs to voting.
const PREPARED_AT_ONCE: usize = 1;
/// Photos that may wait for their turn, each with its file, before the next is told to come back.
const WAITING: usize = 16;

/// Why a file is not taken as a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PhotoRefusal {
    /// More than [`FILE_LIMIT`].
    #[error("The file is larger than 5 MiB. Save the photo smaller and send it again.")]
    TooLarge,
    /// Another kind of file, whatever it calls itself.
    #[error("The file is no JPEG, PNG, WebP or GIF image. Save the photo as one of these and send it again.")]
    Unsupported,
    /// More pixels than are worth decoding.
    #[error(
        "The image has over 36 megapixels, or a side over 20000 pixels. Scale it down and send it again."
    )]
    TooManyPixels,
    /// The file ends early, or contradicts itself.
    #[error("The image can't be read: the file is damaged. Open it, save it anew and send it again.")]
    Broken,
    /// Too many others wait.
    #[error("Too many photos are being prepared. Nothing was changed; try again in a moment.")]
    Busy,
}

/// The object store did not do what was asked.
#[derive(Debug, Error)]
#[error("the photos can't be reached: {0}")]
pub struct PhotoStoreError(#[from] object_store::Error);

/// Where the photos are kept, each as `{id}.jpg`.
pub struct Photos {
    store: Arc<dyn ObjectStore>,
    preparing: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Photos {
    /// Keeps them in `photos` inside of a directory; both are made if need be.
    ///
    /// # Errors
    /// When the directory can't be made or read.
    pub fn in_directory(data_dir: &Path) -> std::io::Result<Self> {
        let root = data_dir.join("photos");
        std::fs::create_dir_all(&root)?;
        // The database will say that the photo is there, so it has to be, also after a power failure.
        let store = LocalFileSystem::new_with_prefix(root)?.with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
            preparing: Arc::new(Semaphore::new(PREPARED_AT_ONCE)),
            waiting: Arc::new(Semaphore::new(WAITING)),
        })
    }

    /// Makes a photo of a sent file, on a thread of its own and one after the other.
    ///
    /// # Errors
    /// [`PhotoRefusal`].
    pub async fn accept(&self, file: Bytes) -> Result<Vec<u8>, PhotoRefusal> {
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| PhotoRefusal::Busy)?;
        let turn = Arc::clone(&self.preparing).acquire_owned().await.map_err(|_| PhotoRefusal::Busy)?;
        // A caller who goes away does not free the place: the thread still works.
        let work = move || {
            let _held = (place, turn);
            prepare(&file)
        };
        // A file that makes a decoder panic is not one that can be shown.
        tokio::task::spawn_blocking(work).await.unwrap_or(Err(PhotoRefusal::Broken))
    }

    /// Keeps a photo; answers its new id, which nobody can guess.
    ///
    /// # Errors
    /// As the object store.
    pub async fn put(&self, photo: Vec<u8>) -> Result<Uuid, PhotoStoreError> {
        let id = Uuid::new_v4();
        self.store.put(&key(id), PutPayload::from(photo)).await?;
        Ok(id)
    }

    /// A photo, if there is one of this id.
    ///
    /// # Errors
    /// As the object store.
    pub async fn get(&self, id: Uuid) -> Result<Option<Bytes>, PhotoStoreError> {
        let Some(found) = found(self.store.get(&key(id)).await)? else { return Ok(None) };
        Ok(Some(found.bytes().await?))
    }

    /// Keeps a photo a second time, so that each can be removed without the other; answers the id of
    /// the copy, if there was anything to copy.
    ///
    /// # Errors
    /// As the object store.
    pub async fn copy(&self, id: Uuid) -> Result<Option<Uuid>, PhotoStoreError> {
        let copy = Uuid::new_v4();
        Ok(found(self.store.copy(&key(id), &key(copy)).await)?.map(|()| copy))
    }

    /// Removes a photo, if it is still there.
    ///
    /// # Errors
    /// As the object store.
    pub async fn delete(&self, id: Uuid) -> Result<(), PhotoStoreError> {
        found(self.store.delete(&key(id)).await)?;
        Ok(())
    }
}

fn key(id: Uuid) -> Key {
    Key::from(format!("{id}.jpg"))
}

fn found<T>(answer: object_store::Result<T>) -> Result<Option<T>, PhotoStoreError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The middle square of an image as a JPEG of at most 512 pixels a side, upright, on white, and
/// with nothing else of the file.
///
/// # Errors
/// [`PhotoRefusal`], [`PhotoRefusal::Busy`] apart.
pub fn prepare(file: &[u8]) -> Result<Vec<u8>, PhotoRefusal> {
    if file.len() > FILE_LIMIT {
        return Err(PhotoRefusal::TooLarge);
    }
    let file = without_profile(file);
    let mut decoder = decoder(&file)?;
    let orientation = decoder.orientation().map_err(refusal)?;
    let image = DynamicImage::from_decoder(decoder).map_err(refusal)?;
    let mut square = middle_square(&scaled(on_white(image)));
    square.apply_orientation(orientation);
    let mut photo = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut photo, JPEG_QUALITY);
    square.into_rgb8().write_with_encoder(encoder).map_err(refusal)?;
    Ok(photo)
}

const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The length of a chunk's data, its name, and the checksum behind the data.
const PNG_CHUNK_FRAME: usize = 4 + 4 + 4;

/// A PNG without its colour profile, which no photo keeps, and which the decoder unfolds whatever its
/// limits say. What is no whole chunk stays, for the decoder to judge (PNG, third edition, section 5.3).
fn without_profile(file: &[u8]) -> Cow<'_, [u8]> {
    let Some(mut rest) = file.strip_prefix(PNG_SIGNATURE) else { return file.into() };
    let mut kept = PNG_SIGNATURE.to_vec();
    while let Some(length) = rest.first_chunk() {
        let length = (u32::from_be_bytes(*length) as usize).saturating_add(PNG_CHUNK_FRAME);
        let Some((chunk, behind)) = rest.split_at_checked(length) else { break };
        if &chunk[4..8] != b"iCCP" {
            kept.extend_from_slice(chunk);
        }
        rest = behind;
    }
    kept.extend_from_slice(rest);
    kept.into()
}

/// Reads the head of a file, by what it is and not by what it is called.
fn decoder(file: &[u8]) -> Result<impl ImageDecoder, PhotoRefusal> {
    use ImageFormat::{Gif, Jpeg, Png, WebP};
    let format = image::guess_format(file).ok().filter(|format| [Jpeg, Png, WebP, Gif].contains(format));
    let mut reader = ImageReader::with_format(Cursor::new(file), format.ok_or(PhotoRefusal::Unsupported)?);
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_LIMIT);
    limits.max_image_height = Some(SIDE_LIMIT);
    limits.max_alloc = Some(ALLOCATION_LIMIT);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(refusal)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > PIXEL_LIMIT || decoder.total_bytes() > ALLOCATION_LIMIT {
        return Err(PhotoRefusal::TooManyPixels);
    }
    Ok(decoder)
}

fn refusal(error: ImageError) -> PhotoRefusal {
    match error {
        ImageError::Limits(_) => PhotoRefusal::TooManyPixels,
        _ => PhotoRefusal::Broken,
    }
}

/// A JPEG has no transparency. It goes before scaling, which would mix in colours that nobody sees.
fn on_white(image: DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return image;
    }
    let mut image: RgbaImage = image.into_rgba8();
    for pixel in image.pixels_mut() {
        let [red, green, blue, alpha] = pixel.0.map(u32::from);
        let blend = |colour: u32| ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        pixel.0 = [blend(red), blend(green), blend(blue), 255];
    }
    image.into()
}

/// Scales until the shorter side fits; never up.
fn scaled(image: DynamicImage) -> DynamicImage {
    let (width, height) = image.dimensions();
    let shorter = width.min(height);
    // At most SIDE_LIMIT * 2 * SIDE, which a u32 holds, before it is divided.
    let with_shorter = |side: u32| (width * side / shorter, height * side / shorter);
    if shorter <= SIDE {
        return image;
    }
    if shorter > 4 * SIDE {
        // Averaging goes most of the way in a fraction of the time.
        let (width, height) = with_shorter(2 * SIDE);
        return scaled(image.thumbnail_exact(width, height));
    }
    let (width, height) = with_shorter(SIDE);
    image.resize_exact(width, height, FilterType::Lanczos3)
}

fn middle_square(image: &DynamicImage) -> DynamicImage {
    let (width, height) = image.dimensions();
    let side = width.min(height);
    image.crop_imm((width - side) / 2, (height - side) / 2, side, side)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use image::{RgbImage, Rgba};

    use super::*;

    const RED: [u8; 3] = [255, 0, 0];
    const GREEN: [u8; 3] = [0, 255, 0];
    const BLUE: [u8; 3] = [0, 0, 255];
    const WHITE: [u8; 3] = [255, 255, 255];

    fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        image.write_to(&mut file, format).unwrap();
        file.into_inner()
    }

    fn prepared(file: &[u8]) -> RgbImage {
        let photo = prepare(file).unwrap();
        image::load_from_memory_with_format(&photo, ImageFormat::Jpeg).unwrap().into_rgb8()
    }

    #[track_caller]
    fn has(image: &RgbImage, x: u32, y: u32, colour: [u8; 3]) {
        let got = image.get_pixel(x, y).0;
        let near = got.iter().zip(colour).all(|(got, wanted)| got.abs_diff(wanted) < 16);
        assert!(near, "{got:?} instead of {colour:?} at {x}, {y}");
    }

    /// Red, green and blue thirds, side by side.
    fn thirds(width: u32, height: u32) -> DynamicImage {
        let third = |x: u32| [RED, GREEN, BLUE][(x * 3 / width) as usize];
        RgbImage::from_fn(width, height, |x, _| image::Rgb(third(x))).into()
    }

    #[test]
    fn a_photo_is_the_middle_square_and_never_larger_than_it_was() {
        for (width, height, side) in [
            (1_536, 512, 512),
            (1_800, 600, 512),
            (9_000, 3_000, 512),
            (300, 100, 100),
            (20_000, 2, 2),
            (1, 1, 1),
        ] {
            let photo = prepared(&encoded(&thirds(width, height), ImageFormat::Png));
            assert_eq!(photo.dimensions(), (side, side), "{width} x {height}");
        }
        let photo = prepared(&encoded(&thirds(1_800, 600), ImageFormat::Png));
        for (x, y) in [(8, 8), (503, 8), (256, 256), (8, 503), (503, 503)] {
            has(&photo, x, y, GREEN);
        }
        let upright = prepared(&encoded(&thirds(600, 1_800), ImageFormat::Png));
        has(&upright, 8, 256, RED);
        has(&upright, 503, 256, BLUE);
    }

    #[test]
    fn a_png_loses_its_colour_profile_and_nothing_else() {
        let plain = encoded(&thirds(9, 3), ImageFormat::Png);
        let (head, data) = plain.split_at(PNG_SIGNATURE.len() + PNG_CHUNK_FRAME + 13);
        let profile = b"\0\0\0\x03iCCPabcdefg";
        for behind in [&b""[..], b"\0\0", b"\xff\xff\xff\xffiCCP"] {
            let file = [head, profile, data, profile, behind].concat();
            assert_eq!(without_profile(&file), [head, data, behind].concat());
        }
        assert_eq!(without_profile(profile), &profile[..], "no PNG");
    }

    #[test]
    fn what_is_transparent_becomes_white_whatever_colour_it_hides() {
        let shade = |x, _| if x < 600 { Rgba([0, 0, 0, 0]) } else { Rgba([255, 0, 0, 255]) };
        let image = DynamicImage::from(RgbaImage::from_fn(1_200, 1_200, shade));
        for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
            let photo = prepared(&encoded(&image, format));
            has(&photo, 200, 256, WHITE);
            has(&photo, 240, 256, WHITE);
            has(&photo, 300, 256, RED);
        }
        let half = DynamicImage::from(RgbaImage::from_pixel(8, 8, Rgba([255, 0, 0, 128])));
        has(&prepared(&encoded(&half, ImageFormat::Png)), 4, 4, [255, 127, 127]);
    }

    #[test]
    fn deep_and_grey_images_are_taken() {
        let image = thirds(90, 30);
        for image in [image.to_luma8().into(), image.to_luma_alpha16().into(), image.to_rgba16().into()] {
            let image: DynamicImage = image;
            assert_eq!(prepared(&encoded(&image, ImageFormat::Png)).dimensions(), (30, 30));
        }
    }

    #[test]
    fn a_file_that_is_no_whole_photo_is_refused() {
        let png = encoded(&thirds(90, 30), ImageFormat::Png);
        let jpeg = encoded(&thirds(90, 30), ImageFormat::Jpeg);
        for (file, wanted) in [
            (Vec::new(), PhotoRefusal::Unsupported),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(), PhotoRefusal::Unsupported),
            (b"BM, a bitmap".to_vec(), PhotoRefusal::Unsupported),
            (png[..png.len() / 2].to_vec(), PhotoRefusal::Broken),
            (jpeg[..20].to_vec(), PhotoRefusal::Broken),
            (b"GIF89a".to_vec(), PhotoRefusal::Broken),
            (vec![0; FILE_LIMIT + 1], PhotoRefusal::TooLarge),
        ] {
            assert_eq!(prepare(&file), Err(wanted), "{:?}", &file[..file.len().min(12)]);
        }
    }

    #[test]
    fn an_image_of_too_many_pixels_is_refused_by_its_head_alone() {
        let wide = DynamicImage::new_luma8(SIDE_LIMIT + 1, 1);
        assert_eq!(prepare(&encoded(&wide, ImageFormat::Png)), Err(PhotoRefusal::TooManyPixels));
        let mut gif = encoded(&DynamicImage::new_rgb8(1, 1), ImageFormat::Gif);
        gif[6..10].copy_from_slice(&[0x00, 0x20, 0x00, 0x20]);
        assert_eq!(prepare(&gif), Err(PhotoRefusal::TooManyPixels));
    }
}
